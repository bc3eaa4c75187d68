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
}

/** What `kernels.wasm` exports. */
export interface KernelsModule {
  admit(columns: number, slab: number): void
  condition(columns: number, conditions: number): void
  settle(columns: number, slab: number, counts: number, firstSource: number, stride: number): void
  route(window: number, columns: number): void
  reduce(state: number, columns: number, chunk: number): number
  runChunks(pool: number): number
  mergeChunks(list: number, end: number): void
  listPanes(window: number, which: number, watermarkUs: number, out: number, room: number): number
  collect(window: number, pane: number, out: number, end: number): number
  sweep(window: number, pane: number, watermarkUs: number, emit: number, out: number, end: number): number
  closeDevice(window: number, pane: number, device: number, emit: number, out: number, end: number): number
  readonly linesEnd: { readonly value: number }
  stateAddRow(kind: number, slot: number, timeUs: number, value: number): void
  stateAddRun(kind: number, slot: number, times: number, values: number, rows: number): void
  stateMerge(kind: number, into: number, from: number): void
  kernelFinish(kernel: number, slot: number, args: number): number
}

/** An instance of one of weir's modules on a memory; `kernels-unshared` takes an unshared one. */
export function instantiate<Exports>(
  name: 'decode' | 'kernels' | 'kernels-unshared',
  memory: WebAssembly.Memory,
): Exports {
  const bytes = readFileSync(new URL(`../../wasm/${name}.wasm`, import.meta.url))
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as Exports
}
