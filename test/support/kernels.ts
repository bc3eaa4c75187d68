import { PAGE_BYTES, SLAB_BYTES, SLAB_FREE_PAGES, SLAB_NEXT } from '../../assembly/layout.js'
import { instantiateKernels } from '../../src/memory/modules.js'
import type { Kernel, PaneView } from '../../src/model/kernel.js'
import { resolveReduction } from '../../src/reduce/names.js'
import { kernels } from '../../src/reduce/registry.js'
import { states } from '../../src/reduce/states.js'

/** Rows in order of arrival. */
export interface Rows {
  times: readonly number[]
  values: readonly number[]
}

const PAGES = 192
const TIMES = 1 << 20
const VALUES = 2 << 20
const SLOT = 1024
const ARGUMENTS = 2048
const RUNS = 4096
const EDGES = 3072
const TABLES = 3 << 20
const SCRATCH = 4 << 20
const SCRATCH_END = 8 << 20
const SLAB = 8192
const SLAB_PAGES = (PAGES * 65536 - SCRATCH_END) / PAGE_BYTES
const CANARY = 0.5772156649

const memory = new WebAssembly.Memory({ initial: PAGES, maximum: 65536 })
const doubles = new Float64Array(memory.buffer)
const wasm = instantiateKernels(memory, 'kernels-unshared')
const words = new Uint32Array(memory.buffer)
wasm.useSlab(SLAB)
freshSlab()
wasm.viewScratch(SCRATCH, SCRATCH_END, TABLES)

/** A slot's content, for the states of any kind by name. */
export type Slot = Float64Array

const kindOf = (state: string) => states.find(({ name }) => name === state)!

/** The neutral slot. */
export function empty(state: string): Slot {
  return new Float64Array(kindOf(state).slotBytes / 8)
}

function work<T>(slot: Slot, at: number, body: () => T): T {
  const behind = at / 8 + slot.length
  doubles.set(slot, at / 8)
  doubles[behind] = CANARY
  const outcome = body()
  if (doubles[behind] !== CANARY) throw new Error('written past the slot')
  slot.set(doubles.subarray(at / 8, at / 8 + slot.length))
  return outcome
}

/** Adds rows one by one. */
export function addRows(state: string, slot: Slot, { times, values }: Rows): Slot {
  const kind = kindOf(state).index
  work(slot, SLOT, () => {
    for (const [i, value] of values.entries()) wasm.stateAddRow(kind, SLOT, times[i]!, value, EDGES)
  })
  return slot
}

/** Adds rows as one run. */
export function addRun(state: string, slot: Slot, { times, values }: Rows): Slot {
  doubles.set(times, TIMES / 8)
  doubles.set(values, VALUES / 8)
  work(slot, SLOT, () => wasm.stateAddRun(kindOf(state).index, SLOT, TIMES, VALUES, values.length, EDGES))
  return slot
}

/** Adds what `from` holds to `into`. */
export function merge(state: string, into: Slot, from: Slot): Slot {
  doubles.set(from, SLOT / 8 + 32)
  work(into, SLOT, () => wasm.stateMerge(kindOf(state).index, SLOT, SLOT + 256))
  return into
}

/** Gives back what a slot took of the slab, and clears it. */
export function release(state: string, slot: Slot): void {
  work(slot, SLOT, () => wasm.stateRelease(kindOf(state).index, SLOT, slot.length * 8))
}

/** Forgets all blocks that slots hold: a slab of so many free pages. */
export function freshSlab(pages = SLAB_PAGES): void {
  // Pages that nobody has had yet are zero.
  const used = words[(SLAB + SLAB_NEXT) / 4]!
  if (used > SCRATCH_END) doubles.fill(0, SCRATCH_END / 8, used / 8)
  words.fill(0, SLAB / 4, (SLAB + SLAB_BYTES) / 4)
  words[(SLAB + SLAB_NEXT) / 4] = SCRATCH_END
  words[(SLAB + SLAB_FREE_PAGES) / 4] = pages
}

/** Pages of the slab that nobody has. */
export const freePages = (): number => words[(SLAB + SLAB_FREE_PAGES) / 4]!

/** How tests write a kernel: with the arguments of its example. */
export const written = ({ name, example }: Kernel): string => example ?? name

const resolved = new Map<string, ReturnType<typeof reductionOf>>()

/** What a kernel, as written, reads in a slot. */
export function finish(reduction: string, slot: Slot): number {
  if (!resolved.has(reduction)) resolved.set(reduction, reductionOf(reduction))
  const { kernel, arguments: args } = resolved.get(reduction)!
  doubles.set(args, SLOT / 8 + 64)
  return work(slot, SLOT, () => wasm.kernelFinish(wasm.places.get(kernel)!, SLOT, SLOT + 512))
}

/** The ways rows come into a slot: one by one, as a run, and in parts of both kinds that are merged. */
export const ways: readonly { name: string; reduce(state: string, rows: Rows): Slot }[] = [
  { name: 'rows', reduce: (state, rows) => addRows(state, empty(state), rows) },
  { name: 'run', reduce: (state, rows) => addRun(state, empty(state), rows) },
  {
    name: 'parts',
    reduce: (state, rows) => split(rows, 3).reduce((slot, part, i) => add(i, state, slot, part), empty(state)),
  },
  {
    name: 'merges',
    reduce: (state, rows) =>
      split(rows, 5).reduce((slot, part, i) => merge(state, slot, add(i, state, empty(state), part)), empty(state)),
  },
]

function add(i: number, state: string, slot: Slot, part: Rows): Slot {
  return i % 2 ? addRun(state, slot, part) : addRows(state, slot, part)
}

/** Cuts rows into so many parts, some of them empty when there are few. */
export function split(rows: Rows, parts: number): Rows[] {
  const at = (i: number) => Math.floor((rows.values.length * i) / parts)
  return Array.from({ length: parts }, (_, i) => ({
    times: rows.times.slice(at(i), at(i + 1)),
    values: rows.values.slice(at(i), at(i + 1)),
  }))
}

/** The kernels over states, and those over the rows in time order. */
export const folds = kernels.filter(({ state }) => state !== 'rows')
export const overRows = kernels.filter(({ state }) => state === 'rows')

/** The outcome of every kernel over a state for rows brought in one way, by name. */
export function outcomes(rows: Rows, way: (typeof ways)[number]): Map<string, number> {
  const slots = new Map(states.map(({ name }) => [name, way.reduce(name, rows)]))
  return new Map(folds.map((kernel) => [kernel.name, finish(written(kernel), slots.get(kernel.state)!)]))
}

/** How far apart two outcomes of a kernel are; directions, the short way round. */
export function apart({ family }: Kernel, a: number, b: number): number {
  const difference = Math.abs(a - b)
  return family === 'angle' ? Math.min(difference, 360 - difference) : difference
}

/** Rows in time order; those of equal times stay in order of arrival. */
export function inOrder({ times, values }: Rows): Rows {
  const order = times.map((_, i) => i).sort((a, b) => times[a]! - times[b]!)
  return { times: order.map((i) => times[i]!), values: order.map((i) => values[i]!) }
}

/** What a view is where a test does not say: the pane is from 0 to the last row, nothing lies around it, nothing has a rate. */
export function paneOf(rows: Rows, said: Partial<PaneView> = {}): PaneView {
  return {
    startUs: 0,
    endUs: (rows.times.at(-1) ?? 0) + 1,
    holdUs: 1e7,
    linear: false,
    runs: [],
    detrend: 'default',
    expectUs: 0,
    late: 0,
    duplicate: 0,
    ...said,
  }
}

/** One reduction as written, `duty(>80)`: its kernel's name and arguments, those of its state behind. */
export function reductionOf(written: string): { kernel: string; arguments: number[] } {
  const resolved = resolveReduction(written)
  if ('problem' in resolved) throw new Error(resolved.problem)
  const { kernel, arguments: own, stateArguments = [] } = resolved.reductions[0]!
  return { kernel, arguments: [...own, ...stateArguments] }
}

function stateArgumentsOf(written: string): readonly number[] {
  const resolved = resolveReduction(written)
  return 'problem' in resolved ? [] : (resolved.reductions[0]?.stateArguments ?? [])
}

/** The outcome of a kernel over rows in time order, and the parts it leaves for longer windows. */
export function inView(
  written: string,
  { times, values }: Rows,
  pane: PaneView,
): { value: number; parts: [number, number] } {
  const { kernel, arguments: args } = reductionOf(written)
  doubles.set(times, TIMES / 8)
  doubles.set(values, VALUES / 8)
  doubles.set(args, ARGUMENTS / 8)
  pane.runs.forEach(({ first, rows, rateHz }, i) => {
    words.set([first, rows], RUNS / 4 + i * 4)
    doubles[RUNS / 8 + i * 2 + 1] = rateHz
  })
  wasm.viewRows(values.length, TIMES, VALUES)
  wasm.viewRuns(RUNS, pane.runs.length)
  wasm.viewPane(pane.startUs, pane.endUs)
  const modes = ['default', 'none', 'mean']
  const highpassHz = typeof pane.detrend === 'object' ? pane.detrend.highpassHz : 0
  const mode = typeof pane.detrend === 'object' ? 3 : modes.indexOf(pane.detrend)
  wasm.viewRules(pane.holdUs, pane.linear ? 1 : 0, pane.expectUs, mode, highpassHz)
  wasm.viewBefore(pane.before?.timeUs ?? Number.NaN, pane.before?.value ?? Number.NaN)
  wasm.viewAfter(pane.after?.timeUs ?? Number.NaN, pane.after?.value ?? Number.NaN)
  wasm.viewCounts(pane.late, pane.duplicate)
  const value = wasm.kernelFinish(wasm.places.get(kernel)!, 0, ARGUMENTS)
  return { value, parts: [wasm.partA.value, wasm.partB.value] }
}

// States with arguments of their own take those of the kernel's example.
const edges = kernels.flatMap((kernel) => (kernel.edges ? stateArgumentsOf(written(kernel)) : []))
doubles.set([edges.length, ...edges], EDGES / 8)
