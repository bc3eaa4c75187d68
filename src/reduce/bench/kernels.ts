import { PAGE_BYTES, SLAB_BYTES, SLAB_FREE_PAGES, SLAB_NEXT } from '../../../assembly/layout.js'
import { instantiateKernels } from '../../memory/modules.js'
import type { Kernel, PaneView } from '../../model/kernel.js'
import { kernels } from '../registry.js'
import { states } from '../states.js'
import type { Chosen } from './choose.js'
import { measure } from './measure.js'
import { plain } from './plain.js'

/** A kernel's speed on this machine over runs in the processor's cache. */
export interface KernelBench {
  /** As written, `band_rms(10,1000)`. */
  reduction: string
  family: Kernel['family']
  state: Kernel['state']
  /** What stands beside it: JavaScript as one would write it, or the kernel's reference in the registry. */
  against: 'plain' | 'reference'
  sizes: Speed[]
}

/** Nanoseconds a row, the outcome read once a run. */
export interface Speed {
  rows: number
  wasmNs: number
  jsNs: number
  /** How many times as fast WebAssembly is. */
  ratio: number
}

/** Rows of the runs. */
export const SIZES: readonly number[] = [100, 1000, 10_000]

const MOST_ROWS = SIZES.at(-1)!
const RATE_HZ = 10_000
const SLOT = 1024
const ARGUMENTS = 2048
const RUNS = 4096
const SLAB = 8192
const TIMES = 65536
const VALUES = TIMES + MOST_ROWS * 8
const TABLES = 1 << 20
const SCRATCH = 2 << 20
const SLAB_START = 4 << 20
const END = 8 << 20

/** Measures reductions one after the other and tells each outcome as it is there. */
export function benchKernels(chosen: readonly Chosen[], report: (row: KernelBench) => void = () => {}): KernelBench[] {
  const memory = new WebAssembly.Memory({ initial: END / 65536, maximum: 65536 })
  const wasm = instantiateKernels(memory, 'kernels-unshared')
  const words = new Uint32Array(memory.buffer)
  const doubles = new Float64Array(memory.buffer)
  words.fill(0, SLAB / 4, (SLAB + SLAB_BYTES) / 4)
  words[(SLAB + SLAB_NEXT) / 4] = SLAB_START
  words[(SLAB + SLAB_FREE_PAGES) / 4] = (END - SLAB_START) / PAGE_BYTES
  wasm.useSlab(SLAB)
  wasm.viewScratch(SCRATCH, SLAB_START, TABLES)

  /** The reduction over so many rows, as the engine runs it. */
  const inWasm = ({ kernel, arguments: args, stateArguments }: Chosen, rows: number): (() => number) => {
    const place = wasm.places.get(kernel.name)!
    doubles.set(args, ARGUMENTS / 8)
    const own = stateArguments ? ARGUMENTS + 512 : 0
    if (stateArguments) doubles.set([stateArguments.length, ...stateArguments], own / 8)
    if (kernel.state === 'rows') {
      const pane = paneOf(rows)
      words.set([0, rows], RUNS / 4)
      doubles[RUNS / 8 + 1] = RATE_HZ
      wasm.viewPane(pane.startUs, pane.endUs)
      wasm.viewRules(pane.holdUs, 0, pane.expectUs, 0, 0)
      return () => {
        wasm.viewRows(rows, TIMES, VALUES)
        wasm.viewRuns(RUNS, 1)
        return wasm.kernelFinish(place, 0, ARGUMENTS)
      }
    }
    const { index, slotBytes } = states.find(({ name }) => name === kernel.state)!
    wasm.stateRelease(index, SLOT, slotBytes)
    return () => {
      wasm.stateAddRun(index, SLOT, TIMES, VALUES, rows, own)
      const outcome = wasm.kernelFinish(place, SLOT, ARGUMENTS)
      wasm.stateRelease(index, SLOT, slotBytes)
      return outcome
    }
  }

  return chosen.map((reduction) => {
    const { kernel } = reduction
    const sizes = SIZES.map((rows) => {
      const [times, values] = columns(rows, kernel)
      doubles.set(times, TIMES / 8)
      doubles.set(values, VALUES / 8)
      const [wasmNs, jsNs] = measure(rows, [inWasm(reduction, rows), inJavaScript(reduction, values, times)])
      return { rows, wasmNs: wasmNs!, jsNs: jsNs!, ratio: jsNs! / wasmNs! }
    })
    const row: KernelBench = {
      reduction: reduction.written,
      family: kernel.family,
      state: kernel.state,
      against: plain[kernel.name] ? 'plain' : 'reference',
      sizes,
    }
    report(row)
    return row
  })
}

/** A sensor of 10 kHz; counters rise, and wrap once a while. */
function columns(rows: number, { name }: Kernel): [times: Float64Array, values: Float64Array] {
  const times = new Float64Array(rows).map((_, i) => (i * 1e6) / RATE_HZ)
  if (name === 'increase' || name === 'rate') return [times, times.map((us) => (us / 10) % 60_000)]
  return [times, times.map((_, i) => 20 + Math.sin(i / 50) + Math.sin(i * i))]
}

const paneOf = (rows: number): PaneView => ({
  startUs: 0,
  endUs: (rows * 1e6) / RATE_HZ,
  holdUs: 1e7,
  linear: false,
  runs: [{ first: 0, rows, rateHz: RATE_HZ }],
  detrend: 'default',
  expectUs: 1e6 / RATE_HZ,
  late: 0,
  duplicate: 0,
})

function inJavaScript(
  { kernel, arguments: args, stateArguments }: Chosen,
  values: Float64Array,
  times: Float64Array,
): () => unknown {
  const pane = paneOf(values.length)
  const own = plain[kernel.name]
  if (own) return () => own(values, times, stateArguments ?? args, pane)
  const [valueList, timeList] = [Array.from(values), Array.from(times)]
  return () => kernel.reference(valueList, timeList, stateArguments ? [...args, ...stateArguments] : args, pane)
}

/** The kernels that read a state, by name. */
export const readersOf = (state: Kernel['state']): string[] =>
  kernels.flatMap((kernel) => (kernel.state === state ? [kernel.name] : []))
