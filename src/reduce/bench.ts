import { CHUNK_MAX_ROWS } from '../../assembly/layout.js'
import { instantiateKernels } from '../memory/modules.js'
import type { StateKind } from '../model/kernel.js'
import { kernels } from './registry.js'
import { states } from './states.js'

/** A state's speed on this machine, over one long run in the processor's cache. */
export interface KernelBench {
  /** The kernels that read the state, as `count sum mean …`. */
  name: string
  /** Rows in the run. */
  rows: number
  /** Nanoseconds a row: in WebAssembly, and in plain JavaScript over a Float64Array, which compensates nothing. */
  wasmNs: number
  jsNs: number
  /** How many times as fast WebAssembly is. */
  ratio: number
}

/** What a state does, as one would write it in JavaScript. Answers a number so that nothing is optimised away. */
const plain: Partial<Record<StateKind['name'], (values: Float64Array, times: Float64Array) => number>> = {
  moments(values) {
    let sum = 0
    let squares = 0
    let min = Number.POSITIVE_INFINITY
    let max = Number.NEGATIVE_INFINITY
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      sum += value
      squares += value * value
      if (value < min) min = value
      if (value > max) max = value
    }
    return sum + squares + min + max
  },
  ends(values, times) {
    let first = 0
    let last = 0
    for (let i = 1; i < times.length; i++) {
      if (times[i]! < times[first]!) first = i
      if (times[i]! >= times[last]!) last = i
    }
    return values[last]! - values[first]!
  },
  tails(values) {
    const base = values[0]!
    let sum = 0
    let squares = 0
    let cubes = 0
    let fourths = 0
    for (let i = 0; i < values.length; i++) {
      const d = values[i]! - base
      const square = d * d
      sum += d
      squares += square
      cubes += square * d
      fourths += square * square
    }
    return sum + squares + cubes + fourths
  },
  trend(values, times) {
    const start = times[0]!
    const base = values[0]!
    let sumTimes = 0
    let sum = 0
    let squares = 0
    let products = 0
    for (let i = 0; i < values.length; i++) {
      const time = times[i]! - start
      const value = values[i]! - base
      sumTimes += time
      sum += value
      squares += time * time
      products += time * value
    }
    return sumTimes + sum + squares + products
  },
  circle(values) {
    let sines = 0
    let cosines = 0
    for (let i = 0; i < values.length; i++) {
      const radians = values[i]! * (Math.PI / 180)
      sines += Math.sin(radians)
      cosines += Math.cos(radians)
    }
    return sines + cosines
  },
}

const PAGE_BYTES = 65536
const SLOT = 1024
const ROUNDS = 15

/** Measures every state, about a tenth of a second each, and tells each outcome as it is there. */
export function benchKernels(report: (row: KernelBench) => void = () => {}): KernelBench[] {
  const rows = CHUNK_MAX_ROWS
  const times = PAGE_BYTES
  const values = times + rows * 8
  const memory = new WebAssembly.Memory({ initial: Math.ceil((values + rows * 8) / PAGE_BYTES), maximum: 65536 })
  const wasm = instantiateKernels(memory, 'kernels-unshared')
  const timeColumn = new Float64Array(memory.buffer, times, rows).map((_, i) => i * 100)
  const valueColumn = timeColumn.map((_, i) => 20 + Math.sin(i / 50) + Math.sin(i * i))
  new Float64Array(memory.buffer, times, rows).set(timeColumn)
  new Float64Array(memory.buffer, values, rows).set(valueColumn)
  return states.flatMap((state) => {
    const inJavaScript = plain[state.name]
    if (!inJavaScript) return []
    const slot = new Uint8Array(memory.buffer, SLOT, state.slotBytes)
    const [wasmNs, jsNs] = measure(rows, [
      () => {
        slot.fill(0)
        wasm.stateAddRun(state.index, SLOT, times, values, rows, 0)
      },
      () => inJavaScript(valueColumn, timeColumn),
    ])
    const name = kernels.flatMap((kernel) => (kernel.state === state.name ? [kernel.name] : [])).join(' ')
    const row = { name, rows, wasmNs: wasmNs!, jsNs: jsNs!, ratio: jsNs! / wasmNs! }
    report(row)
    return row
  })
}

/** Nanoseconds a row of each body, taking turns; the best of the rounds, since anything else on the machine only adds. */
export function measure(rows: number, bodies: readonly (() => unknown)[]): number[] {
  const repeats = Math.max(1, Math.round(2e6 / rows))
  const best = bodies.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, body] of bodies.entries()) {
      const start = process.hrtime.bigint()
      for (let repeat = 0; repeat < repeats; repeat++) body()
      best[i] = Math.min(best[i]!, Number(process.hrtime.bigint() - start) / (repeats * rows))
    }
  }
  return best
}
