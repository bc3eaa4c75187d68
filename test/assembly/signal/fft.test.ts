import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileProbe, testArena } from '../../support/probe.js'

const arena = testArena(8)
const { realFft, viewScratch } = await compileProbe('signal', arena.memory)
const [data, work, tables] = [arena.alloc(32768), arena.alloc(32768), arena.alloc(131072)]
viewScratch!(data, tables, tables)
const SIZES = [32, 64, 128, 256, 512, 1024, 2048, 4096]

type Complex = [re: number, im: number]

/** Bins 0 to n/2. */
function transformed(values: readonly number[]): Complex[] {
  arena.f64.set(values, data / 8)
  const at = realFft!(data, work, values.length) / 8
  const bins = Array.from({ length: values.length / 2 }, (_, k): Complex => {
    const place = at + 4 * (k >> 1) + (k & 1)
    return [arena.f64[place]!, arena.f64[place + 2]!]
  })
  const [first, last] = bins[0]!
  bins[0] = [first, 0]
  return [...bins, [last, 0]]
}

/** Greatest distance of two spectra, as a part of the values' norm √Σx², which no bin exceeds by more than √n. */
function apart(a: readonly Complex[], b: readonly Complex[], values: readonly number[]): number {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) || 1
  return Math.max(...a.map(([re, im], k) => Math.hypot(re - b[k]![0], im - b[k]![1]))) / norm
}

const signal = fc.tuple(fc.constantFrom(...SIZES), fc.integer({ min: 1, max: 2 ** 31 - 1 })).map(([size, seed]) => {
  let state = seed
  return Array.from({ length: size }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return state / 2 ** 31 - 1
  })
})

test('as NumPy has it, in every size', () => {
  const signals = SIZES.map((size) => Array.from({ length: size }, (_, i) => Math.sin(i * i + size) + (i % 7)))
  const script =
    'import json, sys, numpy as np\n' +
    'json.dump([[[z.real, z.imag] for z in np.fft.rfft(x)] for x in json.load(sys.stdin)], sys.stdout)'
  const answer = execFileSync('/usr/bin/python3', ['-c', script], { input: JSON.stringify(signals) })
  const wanted: Complex[][] = JSON.parse(answer.toString())
  for (const [i, values] of signals.entries()) {
    const error = apart(transformed(values), wanted[i]!, values)
    assert.ok(error <= 3e-15, `${values.length}: ${error}`)
  }
})

test('an impulse is flat, a constant is the bin at 0, a cosine its bin', () => {
  for (const size of SIZES) {
    for (const at of [0, 1, size / 2, size - 1]) {
      const impulse = Array.from({ length: size }, (_, i) => (i === at ? 1 : 0))
      for (const [re, im] of transformed(impulse)) assert.ok(Math.abs(Math.hypot(re, im) - 1) <= 1e-15)
    }
    const bins = (values: number[]) => transformed(values).map(([re, im]) => Math.hypot(re, im) / size)
    assert.deepEqual(
      bins(Array.from({ length: size }, () => 3)),
      Array.from({ length: size / 2 + 1 }, (_, k) => (k ? 0 : 3)),
    )
    for (const k of [1, 2, size / 4, size / 4 + 1, size / 2 - 1]) {
      const wave = Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * ((i * k) % size)) / size))
      for (const [j, power] of bins(wave).entries()) assert.ok(Math.abs(power - (j === k ? 0.5 : 0)) <= 1e-15)
    }
  }
})

test("Parseval's theorem", () => {
  fc.assert(
    fc.property(signal, (values) => {
      const energy = values.reduce((sum, value) => sum + value * value, 0)
      const last = values.length / 2
      const power = transformed(values).reduce(
        (sum, [re, im], k) => sum + (re * re + im * im) * (k === 0 || k === last ? 1 : 2),
        0,
      )
      assert.ok(Math.abs(power / values.length / energy - 1) <= 1e-14)
    }),
  )
})

test('the transform of a sum is the sum of the transforms', () => {
  fc.assert(
    fc.property(signal, fc.double({ min: -8, max: 8, noNaN: true }), (a, factor) => {
      const b = a.map((_, i) => a[(i * 7 + 3) % a.length]!)
      const whole = transformed(a.map((value, i) => value + factor * b[i]!))
      const [ofA, ofB] = [transformed(a), transformed(b)]
      const sum = ofA.map(([re, im], k): Complex => [re + factor * ofB[k]![0], im + factor * ofB[k]![1]])
      assert.ok(apart(whole, sum, a) <= 1e-13)
    }),
  )
})

test('a shift in time turns each bin and changes no amplitude', () => {
  fc.assert(
    fc.property(signal, fc.nat({ max: 4095 }), (values, far) => {
      const n = values.length
      const by = far % n
      const shifted = transformed(values.map((_, i) => values[(i + by) % n]!))
      const turned = transformed(values).map(([re, im], k): Complex => {
        const angle = (2 * Math.PI * ((k * by) % n)) / n
        return [re * Math.cos(angle) - im * Math.sin(angle), re * Math.sin(angle) + im * Math.cos(angle)]
      })
      assert.ok(apart(shifted, turned, values) <= 1e-14)
    }),
  )
})

test('nothing is written outside of the buffers', () => {
  const margin = arena.alloc(64)
  arena.f64.fill(0.5, margin / 8, margin / 8 + 8)
  for (const size of SIZES) {
    arena.f64.fill(0.25, data / 8 + size, work / 8)
    arena.f64.fill(0.25, work / 8 + size, tables / 8)
    transformed(Array.from({ length: size }, (_, i) => i))
    for (const from of [data, work]) {
      assert.ok(arena.f64.subarray(from / 8 + size, from / 8 + 4096).every((value) => value === 0.25))
    }
  }
  assert.ok(arena.f64.subarray(margin / 8, margin / 8 + 8).every((value) => value === 0.5))
})
