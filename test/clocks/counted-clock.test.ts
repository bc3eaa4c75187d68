import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CountedClock } from '../../src/clocks/counted-clock.js'
import { exponential, randomFrom } from './clock-simulation.js'

const EPOCH_US = 1.8e15
const RATE_HZ = 10_000
const SAMPLES = 200

interface Device {
  seconds: number
  /** How much the sensor is fast. */
  driftPpm: number
  /** From the last sample to the frame's arrival, s. */
  delay?(random: () => number, at: number): number
  /** False: the frame is lost. */
  arrives?(frame: number, random: () => number): boolean
  /** The number of a frame's first sample as it is sent. */
  number?(count: number): number
  /** Seconds of true time from the start, and the count when it starts. */
  from?: number
  count?: number
}

interface Seen {
  at: number
  /** Event time less true time, µs, of the first sample and the last. */
  firstUs: number
  lastUs: number
  stepUs: number
}

const counted = (count: number) => count
const silent = () => Number.NaN

/** Plays a sensor into a clock; where its frames were placed. */
function play(clock: CountedClock, device: Device, seed = 1): Seen[] {
  const { seconds, driftPpm, delay = exponential(0.003), arrives = () => true, number = counted, from = 0 } = device
  const random = randomFrom(seed)
  const hz = RATE_HZ * (1 + driftPpm / 1e6)
  const seen: Seen[] = []
  let arrived = 0
  for (let frame = 0; (frame * SAMPLES) / hz < seconds; frame++) {
    const first = from + (frame * SAMPLES) / hz
    const last = first + (SAMPLES - 1) / hz
    arrived = Math.max(arrived, last + delay(random, last))
    if (!arrives(frame, random)) continue
    const of = number((device.count ?? 0) + frame * SAMPLES)
    const { timeUs, stepUs } = clock.place(SAMPLES, of, Math.floor(EPOCH_US + arrived * 1e6))
    const lastUs = timeUs + (SAMPLES - 1) * stepUs
    seen.push({ at: last, firstUs: timeUs - EPOCH_US - first * 1e6, lastUs: lastUs - EPOCH_US - last * 1e6, stepUs })
  }
  return seen
}

function assertWithin(seen: Seen[], from: number, ms: number, to = Number.POSITIVE_INFINITY): void {
  const errors = seen.filter(({ at }) => at >= from && at < to).flatMap(({ firstUs, lastUs }) => [firstUs, lastUs])
  assert.ok(errors.length > 0)
  const most = errors.reduce((sum, error) => Math.max(sum, Math.abs(error)), 0) / 1000
  assert.ok(most <= ms, `up to ${most} ms out between ${from} and ${to} s, allowed ${ms}`)
}

for (const driftPpm of [0, 150, -3000, 20_000, -60_000])
  test(`a sensor that is ${driftPpm} ppm fast: times and rate are its own, with a counter and without`, () => {
    for (const number of [counted, silent]) {
      const clock = new CountedClock(RATE_HZ, 2 ** 32)
      const seen = play(clock, { seconds: 300, driftPpm, number })
      assertWithin(seen, 60, 0.3)
      const status = clock.status()
      assert.ok(Math.abs(status.driftPpm! - driftPpm) < 5 + Math.abs(driftPpm) * 1e-4, `${status.driftPpm}`)
      assert.ok(Math.abs(status.rateHz! / (RATE_HZ * (1 + driftPpm / 1e6)) - 1) < 1e-5)
      assert.ok(status.jitterMs > 1.5 && status.jitterMs < 6, `${status.jitterMs}`)
      assert.deepEqual([status.missing, status.restarts, status.repeated], [0, 0, 0])
      for (let i = seen.length - 100; i < seen.length; i++)
        assert.ok(Math.abs(seen[i].stepUs - 100 / (1 + driftPpm / 1e6)) < 0.01)
    }
  })

test('what is lost moves no time where samples are numbered, and is counted', () => {
  const clock = new CountedClock(RATE_HZ, 2 ** 32)
  let lost = 0
  const arrives = (_: number, random: () => number) => {
    const comes = random() > 0.05
    if (!comes) lost++
    return comes
  }
  const seen = play(clock, { seconds: 300, driftPpm: 400, arrives })
  assertWithin(seen, 60, 0.3)
  assert.ok(Math.abs(clock.status().missing - lost * SAMPLES) <= 2 * SAMPLES)
  assert.equal(clock.status().restarts, 0)
})

test('a counter that wraps goes on', () => {
  for (const modulus of [2 ** 16, 2 ** 24, 2 ** 32]) {
    const clock = new CountedClock(RATE_HZ, modulus)
    const start = modulus - 5 * RATE_HZ
    const seen = play(clock, { seconds: 120, driftPpm: 100, number: (count) => (start + count) % modulus })
    assertWithin(seen, 60, 0.3)
    assert.deepEqual([clock.status().restarts, clock.status().missing], [0, 0], `${modulus}`)
  }
})

test('a device that starts again counts from 0: times go on at once, and its rate is still known', () => {
  for (const modulus of [2 ** 32, 2 ** 24]) {
    const clock = new CountedClock(RATE_HZ, modulus)
    play(clock, { seconds: 300, driftPpm: 2000 })
    const again = play(clock, { seconds: 60, driftPpm: 2000, from: 303 }, 2)
    assert.equal(clock.status().restarts, 1)
    assert.ok(Math.abs(clock.status().driftPpm! - 2000) < 5)
    // The first arrival is all that is known of the offset; delays are some ms.
    assertWithin(again, 303, 15)
    assertWithin(again, 320, 1)
  }
})

test('a device that was silent for an hour', () => {
  const before = { seconds: 300, driftPpm: 500 }
  const after = { seconds: 60, driftPpm: 500, from: 3900 }
  const hour = Math.round(3900 * RATE_HZ * 1.0005)
  const cases: [name: string, more: Partial<Device>, number: Device['number'], restarts: number][] = [
    ['it counted on', { count: hour }, counted, 0],
    ['it goes on where it stopped', { count: 15008 * SAMPLES }, counted, 1],
    ['it counts anew', { count: 0 }, counted, 1],
    ['it tells no number', {}, silent, 1],
  ]
  for (const [name, more, number, restarts] of cases) {
    const clock = new CountedClock(RATE_HZ, 2 ** 32)
    play(clock, { ...before, number })
    const seen = play(clock, { ...after, ...more, number }, 3)
    assert.equal(clock.status().restarts, restarts, name)
    assertWithin(seen, 3900, 20)
    assertWithin(seen, 3930, 1)
  }
})

test('a backlog after an outage of the network has the times of its samples', () => {
  const clock = new CountedClock(RATE_HZ, 2 ** 32)
  // From 100 s on nothing arrives until 160 s; then what was kept comes within 2 s.
  const delay = (random: () => number, at: number) =>
    at > 100 && at < 160 ? 160 - at + (at - 100) / 30 : exponential(0.003)(random)
  const seen = play(clock, { seconds: 240, driftPpm: 50, delay })
  assertWithin(seen, 60, 0.5)
  assert.deepEqual([clock.status().restarts, clock.status().jumps], [0, 0])
})

test('a frame that comes again is where it was', () => {
  const clock = new CountedClock(RATE_HZ, 2 ** 32)
  const first = clock.place(SAMPLES, 0, EPOCH_US)
  clock.place(SAMPLES, SAMPLES, EPOCH_US + 20e3)
  assert.deepEqual(clock.place(SAMPLES, 0, EPOCH_US + 30e3), first)
  clock.place(SAMPLES, 2 * SAMPLES, EPOCH_US + 40e3)
  assert.deepEqual([clock.status().repeated, clock.status().missing, clock.status().frames], [1, 0, 3])
})

test('without numbers a lost frame is made good within half a minute', () => {
  const clock = new CountedClock(RATE_HZ, 2 ** 32)
  const arrives = (frame: number) => frame < 5000 || frame >= 5100
  const seen = play(clock, { seconds: 300, driftPpm: 0, number: silent, arrives })
  assertWithin(seen, 60, 1, 99)
  assertWithin(seen, 140, 1)
})

test('long frames, a rate that is far from the nominal one and numbers that mean nothing: always a time, never past arrival by much', () => {
  const slow = new CountedClock(1, 2 ** 32)
  for (let i = 0; i < 50; i++) {
    const { timeUs, stepUs } = slow.place(60, i * 60, EPOCH_US + i * 60e6)
    assert.ok(Math.abs(timeUs + 59 * stepUs - EPOCH_US - i * 60e6) < 1)
  }
  assert.equal(slow.status().restarts, 0)
  const random = randomFrom(7)
  const wild = new CountedClock(RATE_HZ, 2 ** 24)
  for (let i = 0; i < 5000; i++) {
    const numbers = [random() * 2 ** 24, -random() * 1e9, 2 ** 53, i * 10, Number.NaN, 0]
    const arrivalUs = EPOCH_US + i * 1000
    const { timeUs, stepUs } = wild.place(1 + Math.floor(random() * 1e4), numbers[Math.floor(random() * 6)], arrivalUs)
    assert.ok(Number.isFinite(timeUs) && stepUs > 0 && timeUs < arrivalUs + 20e6, `${timeUs - arrivalUs} ${stepUs}`)
  }
})
