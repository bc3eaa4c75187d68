import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPaint } from '../../src/observe/paint.js'
import { statusLines } from '../../src/observe/status-text.js'
import { exampleStatus } from '../support/status.js'

const plain = createPaint(false)
const startedUs = exampleStatus().startedUs

test('what is wrong stands first, and rates are between two looks', () => {
  const before = exampleStatus()
  const now = exampleStatus({ alarms: ['sink db is down'] })
  now.sources[0].frames.in += 50
  const lines = statusLines(now, { status: before, atUs: startedUs + 10e6 }, startedUs + 20e6, plain)
  assert.match(lines[0], /^weir 1\.2\.3 {2}hall-3 {3}ready {3}up 20 s {3}2 of 10,000 series .*rates now$/)
  assert.equal(lines[1], '! sink db is down')
  assert.match(lines.join('\n'), /^plant \(mqtt\) {2}up +20 s +5\/s +0\/s +11 s +12 ms +5 undecodable +80 late$/m)
  assert.match(lines.join('\n'), /^db \(influxdb\) +up +20 s +0\/s +8 +0 +0 +2$/m)
})

test('the first look tells the mean since the start, and a restart is no fall', () => {
  const lines = statusLines(exampleStatus(), undefined, startedUs + 10e6, plain)
  assert.match(lines[0], /rates since the start$/)
  assert.match(lines.join('\n'), /^plant \(mqtt\) +up +10 s +1,230\/s/m)
  const other = exampleStatus({ startedUs: startedUs - 1e6 })
  assert.match(statusLines(exampleStatus(), { status: other, atUs: 0 }, startedUs + 10e6, plain)[0], /since the start$/)
})
