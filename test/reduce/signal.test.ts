import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import type { PaneView } from '../../src/model/kernel.js'
import { kernels } from '../../src/reduce/registry.js'
import { inView, paneOf, reductionOf, written } from '../support/kernels.js'

const signals = kernels.filter(({ family }) => family === 'signal')
const kernelOf = (name: string) => kernels.find((kernel) => kernel.name === name)!

/** Noise that is the same in each run, of mean 0 and deviation 1. */
function noise(length: number, seed = 1): number[] {
  let state = seed
  const draw = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  return Array.from(
    { length },
    () => Math.sqrt(12 / 8) * (draw() + draw() + draw() + draw() + draw() + draw() - 3) * 1.1547,
  )
}

const sine = (length: number, rateHz: number, hz: number, amplitude = 1, turns = 0): number[] =>
  Array.from({ length }, (_, i) => amplitude * Math.sin(2 * Math.PI * ((i * hz) / rateHz + turns)))

const added = (...signals: number[][]) => signals[0]!.map((_, i) => signals.reduce((sum, each) => sum + each[i]!, 0))

const oneRun = (values: readonly number[], rateHz: number) => [{ first: 0, rows: values.length, rateHz }]

/** A pane with one run of all the values, unless told otherwise. */
function paneFor(values: readonly number[], rateHz: number, said: Partial<PaneView> = {}) {
  const rows = { times: values.map((_, i) => (i * 1e6) / rateHz), values }
  return { rows, pane: paneOf(rows, { runs: oneRun(values, rateHz), ...said }) }
}

function outcome(reduction: string, values: readonly number[], rateHz: number, said: Partial<PaneView> = {}): number {
  const { rows, pane } = paneFor(values, rateHz, said)
  return inView(reduction, rows, pane).value
}

const RATE = 10_000
const machine = added(
  noise(10_000),
  sine(10_000, RATE, 24.7, 3),
  sine(10_000, RATE, 1234.5, 0.5),
  Array.from({ length: 10_000 }, () => 9.80665),
)
/** Knocks at 87 Hz that ring at 3 kHz. */
const bearing = added(
  noise(10_000, 7).map((value) => 0.1 * value),
  Array.from({ length: 10_000 }, (_, i) => {
    const since = (i / RATE) % (1 / 87)
    return Math.exp(-since * 800) * Math.sin(2 * Math.PI * 3000 * since)
  }),
)
const shapes: Record<string, { values: number[]; rateHz: number; said?: Partial<PaneView> }> = {
  'a machine, 1 s': { values: machine, rateHz: RATE },
  'a bearing, 1 s': { values: bearing, rateHz: RATE },
  'exactly one segment': { values: machine.slice(0, 4096), rateHz: RATE },
  'a segment and a half': { values: machine.slice(0, 6144), rateHz: RATE },
  'a short run': { values: machine.slice(0, 700), rateHz: RATE },
  'the least run': { values: machine.slice(0, 32), rateHz: 2500 },
  'a rate that is no integer': { values: bearing.slice(0, 5000), rateHz: 25_600.37 },
  'as it is': { values: machine, rateHz: RATE, said: { detrend: 'none' } },
  'a high-pass of 40 Hz': { values: machine, rateHz: RATE, said: { detrend: { highpassHz: 40 } } },
  'two gaps': {
    values: machine,
    rateHz: RATE,
    said: {
      runs: [
        { first: 0, rows: 2100, rateHz: RATE },
        { first: 2100, rows: 2900, rateHz: RATE * 1.0005 },
        { first: 5000, rows: 1500, rateHz: RATE },
        { first: 6500, rows: 3500, rateHz: RATE },
      ],
    },
  },
  'a run of another rate': {
    values: machine,
    rateHz: RATE,
    said: {
      runs: [
        { first: 0, rows: 4500, rateHz: RATE / 2 },
        { first: 4500, rows: 5500, rateHz: RATE },
      ],
    },
  },
}
const reductions = [
  'zerocross',
  'dominant_hz',
  'spectral_centroid',
  'band_power(10,1000)',
  'band_power(0,1250)',
  'band_rms(10,1000)',
  'band_rms(33.3,466.6)',
  'band_rms(1230,1240)',
  'velocity_rms(10,1000)',
  'velocity_rms(200,1200)',
  'envelope_rms(800,1200,50,500)',
  'envelope_rms(2000,4000,60,300)',
]

test('as SciPy has it, to 1e-9', () => {
  const cases = Object.entries(shapes).flatMap(([name, { values, rateHz, said }]) =>
    reductions.flatMap((reduction) => {
      const { rows, pane } = paneFor(values, rateHz, said)
      const several = pane.runs.length > 1 && reduction === 'zerocross' && typeof pane.detrend === 'object'
      return several ? [] : [{ name, reduction, rows, pane, ...reductionOf(reduction) }]
    }),
  )
  const asked = cases.map(({ rows, pane, kernel, arguments: args }) => ({
    values: rows.values,
    runs: pane.runs,
    detrend: pane.detrend,
    kernel,
    arguments: args,
  }))
  const script = fileURLToPath(new URL('../../../test/vectors/kernels/spectra.py', import.meta.url))
  // The interpreter of Debian, which has its SciPy.
  const answer = execFileSync('/usr/bin/python3', [script], { input: JSON.stringify(asked), maxBuffer: 1 << 24 })
  const wanted: (number | null)[] = JSON.parse(answer.toString())
  let numbers = 0
  for (const [i, { name, reduction, rows, pane, kernel, arguments: args }] of cases.entries()) {
    const exact = wanted[i]
    const ways: Record<string, number> = { module: inView(reduction, rows, pane).value }
    // A transform by its definition takes long.
    if (rows.values.length <= 5000 || pane.detrend !== 'default' || pane.runs.length > 1)
      ways.reference = kernelOf(kernel).reference(rows.values, rows.times, args, pane)
    for (const [how, found] of Object.entries(ways)) {
      const text = `${reduction} of ${name}, ${how}: ${found}, SciPy ${exact}`
      if (exact === null) assert.ok(Number.isNaN(found), text)
      else {
        assert.ok(Math.abs(found - exact!) <= 1e-9 * Math.abs(exact!), text)
        numbers++
      }
    }
  }
  assert.ok(numbers > 150, `${numbers} numbers compared`)
})

test('a sine from four bins on is found to a thousandth of a bin, and from six its power to one in a thousand', () => {
  for (const length of [4096, 512]) {
    const widthHz = RATE / length
    for (let bin = 4; bin < length / 2 - 6; bin += length / 64 + 0.137) {
      const hz = bin * widthHz
      const values = sine(length, RATE, hz, 2.5, bin / 7)
      const error = (outcome('dominant_hz', values, RATE) - hz) / widthHz
      assert.ok(Math.abs(error) < 1e-3, `${hz} Hz: ${error} bins`)
      const lo = Math.max(0, hz - 5 * widthHz)
      const power = outcome(`band_power(${lo},${hz + 5 * widthHz})`, values, RATE)
      assert.ok(bin < 6 || Math.abs(power / 3.125 - 1) < 1e-3, `${hz} Hz: power ${power}`)
    }
  }
})

test('at half the rate the peak is half the rate, and a constant under it makes none', () => {
  const values = Array.from({ length: 512 }, (_, i) => (i % 2 ? 1 : -1))
  assert.equal(outcome('dominant_hz', values, 1000), 500)
  const on = values.map((value) => value + 1000)
  assert.ok(Math.abs(outcome('dominant_hz', on, 1000, { detrend: 'none' }) - 500) < 1e-9)
})

test('a velocity is the acceleration over 2πf; a displacement cannot be one', () => {
  // 1 m/s² rms at 159.15… Hz, where 2πf is 1,000: 1 mm/s.
  const values = sine(4096, 8192, 1000 / (2 * Math.PI), Math.SQRT2)
  assert.ok(Math.abs(outcome('velocity_rms(10,1000)', values, 8192) - 1) < 2e-3)
  const { accepts, factor, unit } = kernelOf('velocity_rms')
  assert.deepEqual(['g', 'm/s^2', 'm/s²', 'mm/s^2'].map(accepts!), [undefined, undefined, undefined, undefined])
  assert.deepEqual(['g', 'm/s^2', 'mm/s^2'].map(factor!), [9.80665, 1, 1e-3])
  assert.equal(unit('g'), 'mm/s')
  const allowed = 'needs a unit of acceleration, one of g, m/s^2, m/s², mm/s^2, mm/s²'
  assert.equal(accepts!('mm'), `${allowed}; got \`mm\``)
  assert.equal(accepts!(''), `${allowed}; the field has none`)
})

test('an envelope is that of the carrier: of a(1 + m sin) its rms is a·m/√2', () => {
  const values = Array.from({ length: 16_384 }, (_, i) => {
    const t = i / 25_600
    return 9.81 + 2 * (1 + 0.4 * Math.sin(2 * Math.PI * 80 * t)) * Math.sin(2 * Math.PI * 3117 * t)
  })
  const found = outcome('envelope_rms(2000,4500,20,200)', values, 25_600)
  assert.ok(Math.abs(found / ((2 * 0.4) / Math.SQRT2) - 1) < 0.01, `${found}`)
  assert.ok(outcome('envelope_rms(6000,9000,20,200)', values, 25_600) < 0.02)
})

test('bands that join add up, and all of them are the variance under the window', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0.1, max: 0.9, noNaN: true }), (seed, cut) => {
      const values = noise(2048, seed)
      const band = (lo: number, hi: number) => outcome(`band_power(${lo},${hi})`, values, 1000)
      const whole = band(0, 500)
      assert.ok(Math.abs(band(0, 500 * cut) + band(500 * cut, 500) - whole) <= 1e-12 * whole)
      const mean = values.reduce((sum, value) => sum + value) / 2048
      const windowed = values.map((value, i) => (value - mean) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 2048)))
      const power = windowed.reduce((sum, value) => sum + value * value, 0) / (0.375 * 2048)
      assert.ok(Math.abs(whole / power - 1) <= 1e-12)
    }),
    { numRuns: 50 },
  )
})

test('twice the values are twice the rms, to the bit; powers of sines apart from each other add', () => {
  const double = machine.map((value) => 2 * value)
  for (const reduction of reductions) {
    const { kernel } = reductionOf(reduction)
    const factor = kernel === 'band_power' ? 4 : /rms/.test(kernel) ? 2 : 1
    assert.equal(outcome(reduction, double, RATE), factor * outcome(reduction, machine, RATE), reduction)
  }
  const [a, b] = [sine(4096, RATE, 500), sine(4096, RATE, 2000, 3)]
  const power = (values: number[]) => outcome('band_power(0,5000)', values, RATE)
  assert.ok(Math.abs(power(added(a, b)) - power(a) - power(b)) < 1e-6)
})

test('segments do not reach across a gap', () => {
  // A step between two runs would be loud over the whole spectrum.
  const values = added(
    sine(8192, RATE, 1000),
    Array.from({ length: 8192 }, (_, i) => (i < 4096 ? 0 : 1e6)),
  )
  const runs = [
    { first: 0, rows: 4096, rateHz: RATE },
    { first: 4096, rows: 4096, rateHz: RATE },
  ]
  assert.ok(outcome('band_rms(2000,4000)', values, RATE, { runs }) < 1e-6)
  assert.ok(outcome('band_rms(2000,4000)', values, RATE) > 1)
})

test('over panes the parts add up: each segment weighs the same', () => {
  for (const reduction of ['band_power(10,1000)', 'spectral_centroid']) {
    const { rows, pane } = paneFor(machine, RATE)
    const { value, parts } = inView(reduction, rows, pane)
    assert.ok(Math.abs(parts[0] / parts[1] - value) <= 1e-14 * value)
    if (reduction !== 'spectral_centroid') assert.equal(parts[1], 3)
    assert.deepEqual(inView(reduction, rows, { ...pane, runs: [] }).parts, [0, 0])
  }
})

test('without a stated rate, in too short a run, or for a band out of reach there is no value', () => {
  const none = (reduction: string, values: readonly number[], said: Partial<PaneView> = {}) =>
    assert.equal(outcome(reduction, values, RATE, said), Number.NaN, reduction)
  for (const reduction of reductions.filter((each) => each !== 'zerocross')) {
    none(reduction, machine, { runs: [] })
    none(reduction, machine.slice(0, 31))
    none(reduction, machine, { runs: oneRun(machine, Number.NaN) })
    none(reduction, machine, { runs: oneRun(machine, Number.POSITIVE_INFINITY) })
    none(reduction, machine, { runs: oneRun(machine, 0) })
    if (/^(band|spectral|dominant|velocity)/.test(reduction))
      none(reduction, machine, { detrend: { highpassHz: 5000 } })
  }
  none('band_rms(10,5001)', machine)
  none('band_rms(10,12)', machine)
  none('band_rms(6000,9000)', machine)
  none('velocity_rms(1,1000)', machine)
  none('envelope_rms(2000,5000,10,500)', machine)
  none('envelope_rms(2000,4000,10,12)', machine)
  none('zerocross', machine, { runs: [], detrend: { highpassHz: 10 } })
  assert.ok(outcome('zerocross', machine, RATE, { runs: [] }) > 0)
})

test('what nobody can mean is refused', () => {
  const bad = {
    'band_rms(100,10)': 'cannot use `band_rms(100,10)`: lo must be less than hi; got 100 and 10',
    'velocity_rms(0,10)': 'cannot use `velocity_rms(0,10)`: lo must be a number from 0.001 to 1000000; got `0`',
    'envelope_rms(4,3,1,2)': 'cannot use `envelope_rms(4,3,1,2)`: carrier_lo must be less than carrier_hi; got 4 and 3',
    'envelope_rms(3,4,2,1)': 'cannot use `envelope_rms(3,4,2,1)`: lo must be less than hi; got 2 and 1',
    'envelope_rms(3,4,1,3.5)': 'cannot use `envelope_rms(3,4,1,3.5)`: hi must be carrier_lo or less; got 3.5 and 3',
  }
  for (const [reduction, problem] of Object.entries(bad)) {
    assert.throws(() => reductionOf(reduction), { message: problem })
  }
})

test('crossings: zeros keep the sign before them, equal values have none', () => {
  const crossings = (values: number[], said?: Partial<PaneView>) => outcome('zerocross', values, RATE, said)
  assert.equal(crossings([]), Number.NaN)
  assert.equal(crossings([3]), 0)
  assert.equal(crossings([3, 4]), 1)
  assert.equal(crossings([-1, 0, 1, 0, 0, 1, -0, -1, 0, -1], { detrend: 'none' }), 2)
  assert.equal(crossings([0, 0, -1, 1], { detrend: 'none' }), 1)
  assert.equal(crossings([5e-324, -5e-324, 5e-324], { detrend: 'none' }), 2)
  assert.equal(crossings(Array.from({ length: 5000 }, () => 0.1)), 0)
  assert.equal(crossings(sine(5000, RATE, 997, 1, 0.1).map((value) => value + 1e9)), 997)
})

test('hostile values: a value that is right, or none', () => {
  const long = (value: (i: number) => number) => Array.from({ length: 600 }, (_, i) => value(i))
  const wave = (i: number) => Math.sin(i / 3)
  const inputs: Record<string, number[]> = {
    none: [],
    one: [1.5],
    two: [1.5, -2],
    zeros: long((i) => (i % 2 ? 0 : -0)),
    'a constant': long(() => 0.1),
    'a great constant': long(() => 1e300),
    'waves of 1e300': long((i) => 1e300 * wave(i)),
    'waves of 1e-300': long((i) => 1e-300 * wave(i)),
    'subnormal waves': long((i) => 1e-312 * wave(i)),
    'the least number': long((i) => (i % 7 ? 0 : 5e-324)),
    'the greatest numbers': long((i) => (i % 7 ? 1.7e308 : -1.7e308)),
    '2^53': long((i) => 2 ** 53 - (i % 3)),
    'an impulse on waves': long((i) => (i === 300 ? 1e9 : 1e8 * wave(i))),
  }
  for (const [name, values] of Object.entries(inputs)) {
    for (const detrend of ['default', 'none', { highpassHz: 25 }] as const) {
      const { rows, pane } = paneFor(values, RATE, { detrend })
      for (const kernel of signals) {
        const args = reductionOf(written(kernel)).arguments
        const { value } = inView(written(kernel), rows, pane)
        const reference = kernel.reference(values, rows.times, args, pane)
        const text = `${written(kernel)} of ${name}, ${JSON.stringify(detrend)}: ${value}, reference ${reference}`
        assert.ok(!(Math.abs(value) === Number.POSITIVE_INFINITY), text)
        if (Number.isNaN(reference)) assert.ok(Number.isNaN(value), text)
        else assert.ok(Math.abs(value - reference) <= kernel.tolerance(values, rows.times, args, pane), text)
      }
    }
  }
  const scaled = (factor: number) =>
    outcome(
      'band_rms(100,3000)',
      long((i) => factor * wave(i)),
      RATE,
    )
  assert.ok(Math.abs(scaled(1e300) / 1e300 / scaled(1) - 1) < 1e-12)
  assert.ok(Math.abs(scaled(1e-300) / 1e-300 / scaled(1) - 1) < 1e-12)
})
