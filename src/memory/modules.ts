import { readFileSync } from 'node:fs'

/** What `decode.wasm` exports: see assembly/README.md. Addresses are bytes in the shared memory. */
export interface DecodeModule {
  /** Reads frames into columns; the outcome is a STOP_* of assembly/layout. */
  decode(registers: number): number
  /** Id of a key, or NONE. */
  lookup(table: number, prefix: number, key: number, keyBytes: number): number
  /** Copies the key in; 0 when the table is full. */
  insert(table: number, prefix: number, key: number, keyBytes: number, id: number): number
  remove(table: number, prefix: number, key: number, keyBytes: number): void
  /** Marks frames by their packet ids; `ids` is an IDS record. */
  remember(ids: number, from: number, end: number, connection: number): void
  /** Not 0: this frame came before, over another connection. */
  cameBefore(ids: number, frame: number, connection: number): number
}

/** What `encode.wasm` exports. */
export interface EncodeModule {
  /** Writes items to [out, limit) as far as there is room; answers the first that had none, or `end`. */
  encode(item: number, end: number, out: number, limit: number, powers: number): number
  /** Behind the last byte written. */
  readonly textEnd: { readonly value: number }
}

/** What `tap.wasm` exports. */
export interface TapModule {
  /** Frames the bytes that were read; the outcome is a TAP_* of assembly/tap/layout. */
  frame(registers: number): number
  insert(table: number, prefix: number, key: number, keyBytes: number, id: number): number
}

/** What `kernels.wasm` exports. */
export interface KernelsModule {
  admit(columns: number, slab: number): void
  condition(columns: number, conditions: number): void
  settle(columns: number, slab: number, counts: number, firstSource: number, stride: number): void
  feed(columns: number, feeds: number): void
  /** Not 0: the columns are full; reduce them and call again. */
  derive(source: number, columns: number, pairs: number, watermarkUs: number, arrivalUs: number): number
  readonly waiting: { readonly value: number }
  passAlone(list: number, length: number, watermarkUs: number): void
  copySide(to: number, from: number, move: number): void
  leavePair(pair: number): number
  /** Returns the row it stopped at. */
  route(window: number, columns: number, from: number): number
  joinLanes(window: number): number
  collectOver(window: number, out: number, end: number): number
  reduce(state: number, columns: number, from: number, rows: number, chunk: number): number
  runChunks(pool: number): number
  /** 0: there is no place to work in for this worker. */
  takeSeat(pool: number): number
  /** Returns the rows of the series it claimed. */
  runAhead(pool: number): number
  listAhead(ahead: number, window: number, pane: number, sweep: number): void
  forgetAhead(ahead: number): void
  mergeChunks(list: number, end: number): void
  listPanes(window: number, which: number, watermarkUs: number, out: number, room: number): number
  collect(window: number, pane: number, out: number, end: number): number
  sweep(window: number, pane: number, watermarkUs: number, emit: number, out: number, end: number): number
  closeDevice(window: number, pane: number, device: number, emit: number, out: number, end: number): number
  fill(window: number): number
  collectHops(window: number, final: number, emit: number, out: number, end: number): number
  readonly hopsOpen: { readonly value: number }
  closeHops(window: number, device: number, emit: number, out: number, end: number): number
  forgetDevice(window: number, device: number): void
  closeLanes(window: number): void
  collectSessions(
    window: number,
    device: number,
    nowUs: number,
    all: number,
    emit: number,
    out: number,
    end: number,
  ): number
  collectCounts(window: number, device: number, all: number, emit: number, out: number, end: number): number
  collectRaw(window: number, columns: number, from: number, out: number, end: number): number
  readonly rawNext: { readonly value: number }
  readonly linesEnd: { readonly value: number }
  stateAddRow(kind: number, slot: number, timeUs: number, value: number, args: number): void
  stateAddRun(kind: number, slot: number, times: number, values: number, rows: number, args: number): void
  stateMerge(kind: number, into: number, from: number): void
  stateRelease(kind: number, slot: number, bytes: number): void
  /** `kernel` is its place in the table. */
  kernelFinish(kernel: number, slot: number, args: number): number
  /** Numbers of the pages in a stretch of memory that changed since the last call with these hashes; how many. */
  changedPages(start: number, bytes: number, hashes: number, out: number, empty: number): number
  markReturned(start: number, bits: number): void
  pageHash(from: number, end: number): bigint
  /** From now on pages and blocks are taken from this slab. */
  useSlab(slab: number): void
  /** The view of assembly/rows/view.ts, for tests and benchmarks. */
  viewRows(rows: number, times: number, values: number): void
  viewRuns(list: number, runs: number): void
  viewPane(startUs: number, endUs: number): void
  viewRules(holdUs: number, linear: number, expectUs: number, detrend: number, detrendHz: number): void
  viewBefore(timeUs: number, value: number): void
  viewAfter(timeUs: number, value: number): void
  viewCounts(late: number, duplicate: number): void
  viewScratch(start: number, end: number, tables: number): void
  readonly partA: { readonly value: number }
  readonly partB: { readonly value: number }
  /** Where each kernel is in the module's table, by name. */
  readonly places: ReadonlyMap<string, number>
}

/** An instance of the decoder on a memory. */
export function instantiateDecode(memory: WebAssembly.Memory): DecodeModule {
  return instantiate('decode', memory) as unknown as DecodeModule
}

/** An instance of the encoder on a memory. */
export function instantiateEncode(memory: WebAssembly.Memory): EncodeModule {
  return instantiate('encode', memory) as unknown as EncodeModule
}

/** An instance of the MQTT framer on a memory of its own. */
export function instantiateTap(memory: WebAssembly.Memory): TapModule {
  return instantiate('tap', memory) as unknown as TapModule
}

/** What `export { finish as kernel_mean }` of assembly/kernels/index.ts makes of a name. */
const KERNEL = 'kernel_'

/** An instance of the kernels on a memory, its table filled; `kernels-unshared` takes an unshared memory. */
export function instantiateKernels(
  memory: WebAssembly.Memory,
  name: 'kernels' | 'kernels-unshared' = 'kernels',
): KernelsModule {
  const exports = instantiate(name, memory)
  const table = exports.table as WebAssembly.Table
  const names = Object.keys(exports).flatMap((key) => (key.startsWith(KERNEL) ? [key.slice(KERNEL.length)] : []))
  const first = table.grow(names.length)
  for (const [i, kernel] of names.entries()) table.set(first + i, exports[KERNEL + kernel])
  const places = new Map(names.map((kernel, i) => [kernel, first + i]))
  return { ...exports, places } as unknown as KernelsModule
}

function instantiate(name: string, memory: WebAssembly.Memory): Record<string, unknown> {
  const bytes = readFileSync(new URL(`../../wasm/${name}.wasm`, import.meta.url))
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as Record<string, unknown>
}
