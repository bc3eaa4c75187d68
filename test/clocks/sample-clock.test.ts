import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SampleClock } from '../../src/clocks/sample-clock.js'
import { exponential, type Placement, play, type Scene } from './clock-simulation.js'

/** USB adapters hand over every 16 ms. */
const usb = (random: () => number) => 0.016 * random()

const arrays = { tickRateHz: 1_000_000, periodTicks: 1000, rows: 50 }
const single = { tickRateHz: 1000, periodTicks: 0, rows: 1 }

/** Least and greatest error of the rows from `from` to `to` seconds, ms. */
function errorsMs(placements: Placement[], from: number, to = Number.POSITIVE_INFINITY): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { at, firstErrorUs, lastErrorUs } of placements) {
    if (at < from || at >= to) continue
    least = Math.min(least, firstErrorUs, lastErrorUs)
    most = Math.max(most, firstErrorUs, lastErrorUs)
  }
  return [least / 1000, most / 1000]
}

function assertWithin(placements: Placement[], from: number, to: number, least: number, most: number): void {
  const [low, high] = errorsMs(placements, from, to)
  assert.ok(low >= least && high <= most, `errors from ${from} s on: ${low} to ${high} ms, allowed ${least} to ${most}`)
}

/** Rows follow each other: no frame begins before the one before it has ended. */
function assertForward(placements: Placement[]): void {
  for (let i = 1; i < placements.length; i++) assert.ok(placements[i].firstUs > placements[i - 1].lastUs, `frame ${i}`)
}

function deviation(values: number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}

const scenes: [name: string, scene: Omit<Scene, 'driftPpm' | 'seconds'>, boundMs: number, boundPpm: number][] = [
  ['arrays of 20 a second, delays of 3 ms on average', { ...arrays, delay: exponential(0.003) }, 0.1, 1],
  ['arrays of 20 a second through USB', { ...arrays, delay: usb }, 0.1, 1],
  ['single rows, 10 a second, through USB', { ...single, every: 0.1, delay: usb }, 0.1, 1],
  ['arrays gathered on a grid of 21 ms', { ...arrays, delay: exponential(0.001), grid: 0.021 }, 0.5, 5],
  ['a frame of 2,000 rows each 2 s', { ...arrays, rows: 2000, delay: usb }, 0.5, 5],
  ['a row a second, gathered', { ...single, every: 1, delay: usb, grid: 0.021 }, 5, 5],
]

for (const [name, scene, boundMs, boundPpm] of scenes)
  test(`${name}: right for an hour, and the drift within ${boundPpm} ppm`, () => {
    for (const driftPpm of [100, -100]) {
      const clock = new SampleClock(scene.tickRateHz)
      const placements = play({ ...scene, driftPpm, seconds: 3600 }, clock)
      assertForward(placements)
      // The first frame comes at once, as late as it came, and no estimate is ever worse than that.
      assert.equal(Math.abs(placements[0].lastErrorUs - placements[0].arrivalErrorUs) < 1, true)
      assertWithin(placements, 0, 300, -8, 42)
      assertWithin(placements, 300, 3600, -boundMs, boundMs)
      assert.ok(Math.abs(clock.driftPpm! - driftPpm) < boundPpm, `drift ${clock.driftPpm}`)
      assert.equal(clock.jumps, 0)
      const steps = placements.slice(-100).map(({ stepUs }) => stepUs)
      const wantedUs = (scene.periodTicks * 1e6) / scene.tickRateHz / (1 + driftPpm / 1e6)
      for (const stepUs of steps) assert.ok(Math.abs(stepUs - wantedUs) <= wantedUs * 1e-4, `${stepUs} for ${wantedUs}`)
    }
  })

test('jitter is suppressed a hundredfold', () => {
  const late = play({ ...arrays, driftPpm: 40, seconds: 1200, delay: usb }).filter(({ at }) => at > 300)
  const jitterUs = deviation(late.map(({ arrivalErrorUs }) => arrivalErrorUs))
  const errorUs = deviation(late.map(({ lastErrorUs }) => lastErrorUs))
  assert.ok(jitterUs > 4000 && errorUs < jitterUs / 100, `${jitterUs} → ${errorUs} µs`)
})

test('a clock of a cheap oscillator, one percent off', () => {
  const clock = new SampleClock(1_000_000)
  const placements = play({ ...arrays, driftPpm: 10_000, seconds: 600, delay: usb }, clock)
  assertForward(placements)
  assertWithin(placements, 60, 600, -0.5, 0.5)
  assert.ok(Math.abs(clock.driftPpm! - 9900.99) < 2)
})

test('a step of the gateway’s clock below a second is made good without a step back', () => {
  for (const step of [0.3, -0.3]) {
    const clock = new SampleClock(1_000_000)
    const gateway = (at: number) => (at > 600 ? step : 0)
    const placements = play({ ...arrays, driftPpm: 50, seconds: 900, delay: usb, gateway }, clock)
    assertForward(placements)
    assertWithin(placements, 660, 900, -0.5, 0.5)
    assert.equal(clock.jumps, 0)
    assert.ok(Math.abs(clock.driftPpm! - 50) < 2)
  }
})

test('a larger one makes event time jump, which is counted', () => {
  for (const [step, settledS] of [
    [30, 605],
    [-30, 602],
  ]) {
    const clock = new SampleClock(1_000_000)
    const gateway = (at: number) => (at > 600 ? step : 0)
    const placements = play({ ...arrays, driftPpm: 50, seconds: 900, delay: usb, gateway }, clock)
    assertWithin(placements, settledS, 900, -1, 12)
    assertWithin(placements, 660, 900, -0.5, 0.5)
    assert.equal(clock.jumps, 1)
  }
})

test('frames that stood still for some time and then come at once move nothing', () => {
  const clock = new SampleClock(1_000_000)
  const delay = (random: () => number, at: number) => (at > 300 && at < 302.5 ? 302.5 - at : usb(random))
  const placements = play({ ...arrays, driftPpm: -20, seconds: 600, delay }, clock)
  assertForward(placements)
  assertWithin(placements, 200, 600, -0.2, 0.2)
  assert.equal(clock.jumps, 0)
})

test('what waited in the kernel when the port was opened is made good soon', () => {
  const delay = (random: () => number, at: number) => (at < 0.35 ? 0.36 - at : usb(random))
  const placements = play({ ...arrays, driftPpm: 50, seconds: 120, delay })
  assertForward(placements)
  assertWithin(placements, 40, 120, -1, 1)
})

test('ticks wrap, between frames and in long silence', () => {
  const delay = () => 0.001
  for (const scene of [
    { ...arrays, rows: 50, ticks: 2 ** 32 - 120_000 },
    // 72 MHz wraps every minute; a row comes every 5 minutes.
    { ...single, tickRateHz: 72_000_000, every: 300 },
  ]) {
    const clock = new SampleClock(scene.tickRateHz)
    const placements = play({ ...scene, driftPpm: 0, seconds: 3000, delay }, clock)
    assertForward(placements)
    assertWithin(placements, 0, 3000, 0.9, 1.1)
    assert.equal(clock.jumps, 0)
  }
})

test('after a reset the drift is known already', () => {
  const before = new SampleClock(1_000_000)
  play({ ...arrays, driftPpm: 80, seconds: 600, delay: usb }, before)
  const clock = new SampleClock(1_000_000, before)
  assert.equal(clock.driftPpm, before.driftPpm)
  assertWithin(play({ ...arrays, driftPpm: 80, seconds: 120, delay: usb }, clock, 5), 30, 120, -0.5, 0.5)
  assert.equal(new SampleClock(1000, before).driftPpm, null)
})

test('the same arrivals give the same times, and the drift is told after a minute', () => {
  const scene = { ...arrays, driftPpm: 10, seconds: 59, delay: usb }
  const clock = new SampleClock(1_000_000)
  assert.deepEqual(play(scene, clock), play(scene))
  assert.equal(clock.driftPpm, null)
})

test('ticks that no delay explains are told, within what 32 bits tell', () => {
  const clock = new SampleClock(1000)
  assert.equal(clock.goesOn(7, 5e6), true)
  clock.place(100_000, 1, 0, 1e12)
  for (const [ticks, seconds, goesOn] of [
    [160_000, 60, true],
    [152_000, 60, true],
    [140_000, 60, false],
    [5, 1, false],
    [172_000, 60, false],
    [3_700_000, 3650, true],
  ] as const)
    assert.equal(clock.goesOn(ticks, 1e12 + seconds * 1e6), goesOn, `${ticks} after ${seconds} s`)
})
