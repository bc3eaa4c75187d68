import * as layout from '../../../assembly/layout.js'
import { instantiateKernels } from '../../memory/modules.js'
import type { StateKind } from '../../model/kernel.js'
import { states } from '../states.js'
import type { Speed } from './kernels.js'
import { readersOf } from './kernels.js'
import { measure } from './measure.js'
import { HISTOGRAM_EDGES, plainRows } from './plain-rows.js'

/** A state's speed when rows of many series come in random order, one by one into their slots. */
export interface StateBench {
  state: StateKind['name']
  /** The kernels that read it. */
  reductions: string[]
  /** jsNs and ratio are NaN where plain JavaScript has nothing alike. */
  counts: (Omit<Speed, 'rows'> & { series: number })[]
}

/** Numbers of series. */
export const SERIES: readonly number[] = [100, 1000, 10_000, 100_000]

const ROWS = 100_000
const ROUNDS = 15
/** It takes a while until the best code for the loop is there. */
const WARMING_ROUNDS = 60
/** For sketches, which keep more than their slot. */
const SLAB_PAGES = 16_384
/** Where they sort and join. */
const WORK_BYTES = 1 << 20

/** Measures states one after the other and tells each outcome as it is there. */
export function benchInterleaved(
  wanted: readonly StateKind['name'][],
  report: (row: StateBench) => void = () => {},
): StateBench[] {
  return states.flatMap((state) => {
    if (state.name === 'rows' || !wanted.includes(state.name)) return []
    const counts = SERIES.map((series, i) => {
      const [wasmNs, jsNs = Number.NaN] = measure(ROWS, bodies(state, series), i === 0 ? WARMING_ROUNDS : ROUNDS)
      return { series, wasmNs: wasmNs!, jsNs, ratio: jsNs / wasmNs! }
    })
    const row = { state: state.name, reductions: readersOf(state.name), counts }
    report(row)
    return [row]
  })
}

/** As the engine does it: columns whose slots `route` has found, reduced into pages of slots. */
function bodies(kind: StateKind, series: number): (() => void)[] {
  const groups = Math.ceil(series / 64)
  const shift = kind.slotBytes === 128 ? 7 : 6
  const pageOf = kind.slotBytes * 64
  let end = 65536
  const take = (bytes: number) => {
    const address = end
    end += Math.ceil(bytes / layout.PAGE_BYTES) * layout.PAGE_BYTES
    return address
  }
  const [columns, state, head] = [take(layout.COLUMNS_BYTES), take(layout.STATE_BYTES), take(layout.SLAB_BYTES)]
  const [edges, slots, times, values] = [take(4096), take(ROWS * 4), take(ROWS * 8), take(ROWS * 8)]
  const [groupList, pages] = [take(groups * layout.GROUP_BYTES), take(groups * pageOf)]
  const work = take(WORK_BYTES)
  const slab = take(kind.name === 'ranks' || kind.name === 'distinct' ? SLAB_PAGES * layout.PAGE_BYTES : 0)
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536), maximum: 65536 })
  const wasm = instantiateKernels(memory, 'kernels-unshared')
  const words = new Uint32Array(memory.buffer)
  const put = (address: number, word: number) => {
    words[address / 4] = word
  }
  put(columns + layout.COLUMNS_ROWS, ROWS)
  put(columns + layout.COLUMNS_SLOT, slots)
  put(columns + layout.COLUMNS_TIME, times)
  put(columns + layout.COLUMNS_VALUE, values)
  put(state + layout.STATE_KIND, kind.index)
  put(state + layout.STATE_SLOT_SHIFT, shift)
  put(state + layout.STATE_ARGUMENTS, edges)
  new Float64Array(memory.buffer, edges).set([HISTOGRAM_EDGES.length, ...HISTOGRAM_EDGES])
  put(head + layout.SLAB_NEXT, slab)
  put(head + layout.SLAB_FREE_PAGES, (end - slab) / layout.PAGE_BYTES)
  wasm.useSlab(head)
  wasm.viewScratch(work, work + WORK_BYTES, work + WORK_BYTES)
  for (let group = 0; group < groups; group++) {
    const at = groupList + group * layout.GROUP_BYTES + layout.GROUP_PAGES
    for (let page = 0; page < pageOf / layout.PAGE_BYTES; page++)
      put(at + page * 4, pages + group * pageOf + page * layout.PAGE_BYTES)
  }
  const ids = new Uint32Array(ROWS)
  const column = new Float64Array(memory.buffer, values, ROWS)
  const timeColumn = new Float64Array(memory.buffer, times, ROWS)
  let random = 1
  for (let row = 0; row < ROWS; row++) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0
    const id = Math.floor((random / 2 ** 32) * series)
    ids[row] = id
    put(slots + row * 4, (groupList + (id >> 6) * layout.GROUP_BYTES) | (id & 63))
    timeColumn[row] = row
    column[row] = 20 + Math.sin(row)
  }
  const inWasm = () => wasm.reduce(state, columns, 0, ROWS, 0)
  const inJavaScript = plainRows[kind.name]
  if (!inJavaScript) return [inWasm]
  const rows = { ids, values: column.slice(), times: timeColumn.slice(), places: new Float64Array(series * 8) }
  return [inWasm, () => inJavaScript(rows)]
}
