import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LiveTable } from '../../src/demo/live-series.js'
import { Watch } from '../../src/demo/marks.js'
import { Narrator } from '../../src/demo/narrator.js'
import { points } from '../support/points.js'

/** A narrator over the points of one machine; `second` hands it a window. */
function narrated() {
  const told: string[] = []
  const narrator = new Narrator(new LiveTable(18), (text) => told.push(text))
  const tags = { gateway: 'demo', machine: 'm', source: 'plant' }
  const second = (at: number, fields: Record<string, number>, correction = false) =>
    narrator.take(points([{ tags, fields, correction }], { timeUs: (1_704_067_200 + at) * 1e6 }))
  return { told, narrator, second }
}

test('a mark is told once when it is passed for two windows, and once when all is well again', () => {
  const { told, narrator, second } = narrated()
  const kurtosis = [3, 6, 3, 6, 7, 8, 3, 9, 3, 3, 3]
  for (const [at, value] of kurtosis.entries()) second(at, { acceleration_kurtosis: value, temperature_mean: 40 })
  assert.deepEqual(told, [
    'm: kurtosis 7, past 5; temperature still 40 °C'.replace(' °C', ''),
    'm: kurtosis 3, back below 5',
  ])
  assert.equal(narrator.isPast('m', 'acceleration', 'kurtosis'), false)
})

test('heat tells how much earlier another mark spoke', () => {
  const { told, second } = narrated()
  for (let at = 0; at < 100; at++)
    second(at, { acceleration_crest: at < 20 ? 3 : 6, temperature_mean: at < 70 ? 45 : 85 })
  assert.match(told[0], /^m: crest 6, past 4.5; temperature still 45$/)
  assert.equal(told[1], 'm: temperature 85, past 80; crest told 50 s ago')
  assert.equal(told.length, 2)
})

test('a mark against what was as new waits until it knows that', () => {
  const watch = new Watch({ field: 'a', reduction: 'rms', above: 2, timesAsNew: true })
  assert.equal(watch.limit, undefined)
  for (const value of [1, 2, 3, 2, 2]) assert.equal(watch.take(value), false)
  assert.equal(watch.limit, 4)
  assert.equal(watch.take(5), false)
  assert.equal(watch.take(5), true)
  assert.equal(watch.past, true)
})

test('a field that is silent while the others speak is told, and so is its return', () => {
  const { told, second } = narrated()
  for (let at = 0; at < 12; at++) second(at, { power_mean: 1, ...(at < 3 || at >= 9 ? { level_mean: 2 } : {}) })
  assert.equal(told.length, 2)
  assert.match(told[0], /^m: level is silent since \d\d:00:03$/)
  assert.equal(told[1], 'm: level speaks again after 7 s')
})

test('late data tells the means that it changed, and only those', () => {
  const { told, second } = narrated()
  second(0, { power_mean: 2310.4, power_count: 2, level_mean: 5 })
  second(0, { power_mean: 4520, power_count: 5, level_mean: 5 }, true)
  second(0, { power_mean: 4520, power_count: 5, level_mean: 5, flow_mean: 7 }, true)
  assert.match(told[0], /^m: late data corrects \d\d:00:00: power 2,310 → 4,520$/)
  assert.match(told[1], /^m: late data corrects \d\d:00:00: flow - → 7$/)
  assert.equal(told.length, 2)
})
