import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MACHINES, messagesOf } from '../../src/demo/devices.js'

test('in ten ticks every machine speaks on all of its topics', () => {
  const messages = Array.from({ length: 10 }, (_, tick) => messagesOf(tick, tick * 100)).flat()
  for (const machine of MACHINES) {
    const count = (topic: string) => messages.filter((message) => message.topic === `demo/${machine}/${topic}`).length
    assert.equal(count('vibration'), 10)
    assert.equal(count('power'), 5)
    assert.equal(count('temperature/celsius'), 2)
  }
})

test('the same tick says the same', () => {
  assert.deepEqual(messagesOf(17, 1_700_000_000_000), messagesOf(17, 1_700_000_000_000))
})

test('payloads are what the configuration reads', () => {
  const of = (suffix: string) => messagesOf(0, 5000).find(({ topic }) => topic.endsWith(suffix))!.payload
  const { t, acceleration } = JSON.parse(of('vibration'))
  assert.equal(t, 5000)
  assert.equal(acceleration.length, 100)
  assert.ok(acceleration.every((g: number) => Math.abs(g) < 2))
  const { at, meter } = JSON.parse(of('power'))
  assert.equal(at, 5000)
  assert.ok(meter.watts > 0 && meter.amps[0] > 0)
  assert.ok(Number(of('celsius')) > 20)
})
