import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStatusLine } from '../../src/service/status-line.js'
import { FakeClock } from '../support/fake-clock.js'
import { exampleStatus } from '../support/status.js'

test('series, the rate since the line before, and that sinks are up', async () => {
  const clock = new FakeClock()
  const line = createStatusLine(clock)
  const status = exampleStatus({ series: 4200 })
  assert.equal(line(status), '4,200 series, sinks up')
  await clock.advance(5000)
  status.sources[0].frames.in += 6170
  assert.equal(line(status), '4,200 series, 1,234 msg/s, sinks up')
  status.sinks[0].state = 'starting'
  await clock.advance(5000)
  assert.equal(line(status), '4,200 series, 0 msg/s')
})

test('the first alarm stands instead, in one line of bounded length', () => {
  const line = createStatusLine(new FakeClock())
  assert.equal(line(exampleStatus({ alarms: ['sink db is down: refused', 'another'] })), 'sink db is down: refused')
  const hostile = line(exampleStatus({ alarms: [`x\nREADY=1\u0000${'y'.repeat(500)}`] }))
  assert.match(hostile, /^x READY=1 y+…$/)
  assert.equal(hostile.length, 200)
})
