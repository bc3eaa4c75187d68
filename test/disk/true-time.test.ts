import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TrueTime } from '../../src/disk/true-time.js'

const NOW_US = Date.UTC(2027, 0, 1) * 1000
const machine = (...paths: string[]) => new TrueTime((path) => paths.includes(path))
const RTC = '/sys/class/rtc/rtc0'
const TIMESYNC = '/run/systemd/timesync'

test('a machine with a battery clock, or that systemd does not set, is taken at its word', () => {
  assert.ok(machine(RTC, TIMESYNC).isKnown(NOW_US, 0))
  assert.ok(machine().isKnown(NOW_US, 0))
})

test('1970, and less than what has passed for certain, is never right', () => {
  assert.equal(machine(RTC).isKnown(100e6, Number.NEGATIVE_INFINITY), false)
  assert.equal(machine(RTC).isKnown(NOW_US, NOW_US + 1), false)
  assert.ok(machine(RTC).isKnown(NOW_US, NOW_US))
})

test('without a battery the clock is right once systemd-timesyncd says so, whatever was seen before', () => {
  assert.equal(machine(TIMESYNC).isKnown(NOW_US, 0), false)
  assert.ok(machine(TIMESYNC, `${TIMESYNC}/synchronized`).isKnown(NOW_US, NOW_US + 1))
})
