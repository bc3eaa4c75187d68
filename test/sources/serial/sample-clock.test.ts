import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SampleClock } from '../../../src/sources/serial/sample-clock.js'

const SECOND = 1e6
const START = 1_700_000_000e6

/** Even numbers in [0, 1) that are the same each time. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Simulated {
  seconds: number
  /** The device's clock counts so much too slowly. */
  ppm?: number
  /** Delay of a frame on its way, µs, and when the gateway looks. */
  delayUs: (frame: number) => number
  /** µs that the gateway's clock is set ahead at this second. */
  stepAt?: number
  stepUs?: number
}

/** Ten frames a second: how far the times said are from the true ones, and the clock. */
function simulate({ seconds, ppm = 0, delayUs, stepAt = Number.POSITIVE_INFINITY, stepUs = 0 }: Simulated) {
  const clock = new SampleClock()
  const errorsUs: number[] = []
  let before = Number.NEGATIVE_INFINITY
  for (let frame = 1; frame <= seconds * 10; frame++) {
    const trueUs = START + (frame * SECOND) / 10
    const set = frame / 10 >= stepAt ? stepUs : 0
    const u = (frame * SECOND) / 10 / (1 + ppm / 1e6)
    const { steps } = clock
    clock.heard(u, trueUs + set + delayUs(frame))
    const at = clock.at(u)
    if (clock.steps === steps) assert.ok(at > before, 'time ran backwards')
    before = at
    errorsUs.push(at - trueUs - set)
  }
  return { clock, errorsUs }
}

const worst = (errorsUs: readonly number[]) => Math.max(...errorsUs.map(Math.abs))
const spread = (errorsUs: readonly number[]) => Math.max(...errorsUs) - Math.min(...errorsUs)

const even = random(1)
const exponential = () => -3000 * Math.log(1 - even())
/** Whole polls of 16 ms, as of a USB converter, and reads every 20 ms. */
const polled = (frame: number) => 16_000 * Math.ceil(((frame * 7919) % 16_000) / 16_000 + even()) + 20_000 * even()

test('the first frame is timed by its arrival', () => {
  const { errorsUs } = simulate({ seconds: 0.1, delayUs: () => 5000 })
  assert.deepEqual(errorsUs, [5000])
})

test('jitter goes, and the least delay stays', () => {
  for (const delayUs of [exponential, polled, () => 40_000 * even()]) {
    const { errorsUs, clock } = simulate({ seconds: 600, delayUs })
    const settled = errorsUs.slice(600)
    const raw = Array.from({ length: 5400 }, (_, i) => delayUs(i))
    assert.ok(spread(settled) < spread(raw) / 20, `${spread(settled)} of ${spread(raw)} µs`)
    assert.ok(Math.abs(Math.min(...settled) - Math.min(...raw)) < 1500)
    assert.ok(Math.abs(clock.drift) < 5e-6, `${clock.drift * 1e6} ppm`)
  }
})

test('an hour of drift: times stay true, and the drift is known to a few ppm', () => {
  for (const ppm of [-100, 30, 100, 5000, -5000]) {
    const { errorsUs, clock } = simulate({ seconds: 3600, ppm, delayUs: exponential })
    assert.ok(worst(errorsUs.slice(1200)) < 1500, `${worst(errorsUs.slice(1200))} µs at ${ppm} ppm`)
    assert.ok(Math.abs(clock.drift * 1e6 - ppm) < 3 + Math.abs(ppm) / 100, `${clock.drift * 1e6} of ${ppm} ppm`)
    // Before the slope is known, too.
    assert.ok(worst(errorsUs) < 120_000, `${worst(errorsUs)} µs`)
  }
})

test('a clock that is set is followed: back at once, ahead when it stays so, and counted', () => {
  for (const stepUs of [3600 * SECOND, -3600 * SECOND, -5 * SECOND]) {
    const { errorsUs, clock } = simulate({ seconds: 200, stepAt: 100, stepUs, delayUs: exponential })
    assert.equal(clock.steps, 1)
    assert.ok(worst(errorsUs.slice(0, 999)) < 25_000)
    assert.ok(worst(errorsUs.slice(1300)) < 25_000)
    if (stepUs < 0) assert.ok(worst(errorsUs.slice(1000)) < 40_000)
  }
})

test('a port that was not read for a minute: half a minute later all is as before', () => {
  // Frames of a minute come together at its end.
  const delayUs = (frame: number) =>
    frame > 1000 && frame <= 1600 ? (1600 - frame) * (SECOND / 10) : 1000 + exponential()
  const { errorsUs } = simulate({ seconds: 300, delayUs })
  const late = errorsUs.slice(1900)
  assert.ok(worst(late) < 5000, `${worst(late)} µs`)
})
