import { instantiate, type KernelsModule } from '../../src/memory/modules.js'
import { kernels } from '../../src/reduce/kernels/index.js'
import { states } from '../../src/reduce/states.js'

/** Rows in order of arrival. */
export interface Rows {
  times: readonly number[]
  values: readonly number[]
}

const PAGES = 64
const TIMES = 1 << 20
const VALUES = 2 << 20
const SLOT = 1024
const CANARY = 0.5772156649

const memory = new WebAssembly.Memory({ initial: PAGES, maximum: 65536 })
const doubles = new Float64Array(memory.buffer)
const wasm = instantiate<KernelsModule>('kernels-unshared', memory)

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
    for (const [i, value] of values.entries()) wasm.stateAddRow(kind, SLOT, times[i]!, value)
  })
  return slot
}

/** Adds rows as one run. */
export function addRun(state: string, slot: Slot, { times, values }: Rows): Slot {
  doubles.set(times, TIMES / 8)
  doubles.set(values, VALUES / 8)
  work(slot, SLOT, () => wasm.stateAddRun(kindOf(state).index, SLOT, TIMES, VALUES, values.length))
  return slot
}

/** Adds what `from` holds to `into`. */
export function merge(state: string, into: Slot, from: Slot): Slot {
  doubles.set(from, SLOT / 8 + 32)
  work(into, SLOT, () => wasm.stateMerge(kindOf(state).index, SLOT, SLOT + 256))
  return into
}

/** What a kernel, by index, reads in a slot. */
export function finish(kernel: number, slot: Slot): number {
  return work(slot, SLOT, () => wasm.kernelFinish(kernel, SLOT, SLOT + 512))
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

/** Every kernel's outcome for rows brought in one way, by name. */
export function outcomes(rows: Rows, way: (typeof ways)[number]): Map<string, number> {
  const slots = new Map(states.map(({ name }) => [name, way.reduce(name, rows)]))
  return new Map(kernels.map(({ name, index, state }) => [name, finish(index, slots.get(state)!)]))
}
