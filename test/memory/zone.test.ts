import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isZone, zoneTable } from '../../src/memory/zone.js'

const HOUR_US = 3_600_000_000

test('zones that there are', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires']) assert.ok(isZone(name), name)
  for (const name of ['', 'Mars/Base', 'Europe/Berlin ', '../etc']) assert.ok(!isZone(name), name)
})

test('UTC has one row, Berlin the changes of its clocks', () => {
  assert.deepEqual([...zoneTable('UTC')], [Number.NEGATIVE_INFINITY, 0])
  const berlin = [...zoneTable('Europe/Berlin')]
  assert.deepEqual(berlin.slice(0, 2), [Number.NEGATIVE_INFINITY, HOUR_US])
  // 2024-03-31 01:00 UTC: 02:00 becomes 03:00; 2024-10-27 01:00 UTC: 03:00 becomes 02:00
  const spring = berlin.indexOf(Date.UTC(2024, 2, 31, 3) * 1000)
  assert.deepEqual(berlin.slice(spring, spring + 4), [
    Date.UTC(2024, 2, 31, 3) * 1000,
    2 * HOUR_US,
    Date.UTC(2024, 9, 27, 3) * 1000,
    HOUR_US,
  ])
})

test('rows rise, and hold what Intl says every four days', () => {
  for (const name of [
    'America/New_York',
    'Africa/Casablanca',
    'Australia/Lord_Howe',
    'Africa/Monrovia',
    'Pacific/Apia',
  ]) {
    const table = zoneTable(name)
    const changes: number[] = []
    for (let row = 2; row < table.length; row += 2) {
      assert.ok(table[row] > table[row - 2], name)
      changes.push(table[row] - Math.max(table[row - 1], table[row + 1]))
    }
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: name, dateStyle: 'short', timeStyle: 'medium' })
    let row = 0
    for (let ms = 0; ms < Date.UTC(2101, 0, 1); ms += 97 * 3_600_000) {
      while (row < changes.length && changes[row] <= ms * 1000) row++
      const offset = Date.parse(`${format.format(ms).replace(' ', 'T')}Z`) - ms
      if (offset * 1000 !== table[row * 2 + 1]) assert.fail(`${name} at ${new Date(ms).toISOString()}`)
    }
  }
})
