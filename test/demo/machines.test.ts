import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MACHINES, messagesOf, pumpLine } from '../../src/demo/machines.js'
import { Simulation } from '../../src/demo/simulation.js'
import { vibration } from '../../src/demo/vibration.js'

const well = { wear: 0, silent: false, weakRadio: false }

test('in ten ticks every machine speaks on all of its topics', () => {
  const messages = Array.from({ length: 10 }, (_, tick) => messagesOf(tick, tick * 100, well)).flat()
  for (const machine of MACHINES) {
    const count = (topic: string) => messages.filter((message) => message.topic === `demo/${machine}/${topic}`).length
    assert.equal(count('vibration'), 10)
    assert.equal(count('power'), 5)
    assert.equal(count('temperature/celsius'), 2)
  }
})

test('the same tick says the same', () => {
  assert.deepEqual(messagesOf(17, 1_700_000_000_000, well), messagesOf(17, 1_700_000_000_000, well))
  assert.equal(pumpLine(17), pumpLine(17))
})

test('payloads are what the configuration reads', () => {
  const of = (suffix: string) => messagesOf(0, 5000, well).find(({ topic }) => topic.endsWith(suffix))!.payload
  const { t, acceleration } = JSON.parse(of('vibration'))
  assert.equal(t, 5000)
  assert.equal(acceleration.length, 100)
  assert.ok(acceleration.every((g: number) => Math.abs(g) < 2))
  const { at, meter } = JSON.parse(of('power'))
  assert.equal(at, 5000)
  assert.ok(meter.watts > 0 && meter.amps[0] > 0)
  assert.ok(Number(of('celsius')) > 20)
})

test('a plight is heard where it is and nowhere else', () => {
  const said = (plight: object) => {
    const ticks = Array.from({ length: 20 }, (_, tick) => messagesOf(tick, tick * 100, { ...well, ...plight }))
    return new Map(ticks.flatMap((messages, tick) => messages.map((each) => [`${tick} ${each.topic}`, each])))
  }
  const usual = said({})
  const differing = (plight: object) => {
    const now = said(plight)
    const topics = [...usual]
      .filter(([key, each]) => now.get(key)?.payload !== each.payload)
      .map(([, { topic }]) => topic)
    return [...new Set(topics)].sort()
  }
  assert.deepEqual(differing({ wear: 0.5 }), ['demo/lathe-1/temperature/celsius', 'demo/lathe-1/vibration'])
  assert.deepEqual(differing({ silent: true }), ['demo/press-1/temperature/celsius'])
  assert.deepEqual(differing({ weakRadio: true }), ['demo/press-2/power'])
  const held = [...said({ weakRadio: true }).values()].filter(({ held }) => held)
  assert.ok(held.length >= 5 && held.every(({ topic }) => topic === 'demo/press-2/power'))
})

test('what the radio held back is sent when it is good again, once each and in order', () => {
  const simulation = new Simulation(1_700_000_000_000, 20)
  const [first, ...later] = Array.from({ length: 100 }, () => simulation.step().messages)
  assert.ok(first.length > 0)
  const times = later
    .flat()
    .filter(({ topic }) => topic === 'demo/press-2/power')
    .map(({ payload }) => JSON.parse(payload).at as number)
  const backwards = times.filter((at, i) => at < times[i - 1])
  assert.equal(backwards.length, 1)
  assert.deepEqual(
    times.toSorted((a, b) => a - b).map((at) => at - times[0]),
    times.map((_, i) => i * 200),
  )
})

/** Plain kurtosis, crest and rms, as the definitions say. */
function measured(x: number[]) {
  const mean = x.reduce((sum, g) => sum + g, 0) / x.length
  const moment = (k: number) => x.reduce((sum, g) => sum + (g - mean) ** k, 0) / x.length
  const rms = Math.sqrt(x.reduce((sum, g) => sum + g * g, 0) / x.length)
  return { rms, crest: Math.max(...x.map(Math.abs)) / rms, kurtosis: moment(4) / moment(2) ** 2 }
}

test('a bearing strikes the more the more it is worn; a good one only hums', () => {
  const at = (wear: number) =>
    measured(vibration({ turnsHz: 12.4, effort: 0.15, seed: 15838 }, 50_000, 1000, 0.5, wear))
  const [asNew, worn, nearlyGone] = [at(0), at(0.5), at(1)]
  assert.ok(Math.abs(asNew.kurtosis - 3) < 0.5 && asNew.crest < 4, JSON.stringify(asNew))
  assert.ok(worn.kurtosis > 5 && worn.crest > 4.5, JSON.stringify(worn))
  assert.ok(nearlyGone.kurtosis > 8 && nearlyGone.rms > 4 * asNew.rms, JSON.stringify(nearlyGone))
})

test('strikes come at the frequency of balls that roll over the outer race', () => {
  const x = vibration({ turnsHz: 12.4, effort: 0, seed: 1 }, 0, 10_000, 0, 1)
  // 8 balls, (1 - 0.23) / 2 of the shaft's turns: 38.192 a second.
  const loud = x.map((g) => Math.abs(g) > 1.2)
  const strikes = loud.filter((each, i) => each && !loud.slice(Math.max(0, i - 12), i).includes(true)).length
  assert.ok(Math.abs(strikes - 382) <= 4, String(strikes))
})
