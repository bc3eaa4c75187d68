import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { parseLine } from '../formats/line-protocol.js'
import { askPython } from '../support/oracle.js'
import { folderWith, weir } from '../support/weir.js'

// Real recordings from files, in windows of every grid, against NumPy.

const HOUR_US = 3_600e6
const DAY_US = 86_400e6
const folder = resolve(import.meta.dirname, '../../../test/vectors/nab')
const basic = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'stddev']

const all: Record<string, { every: number; size?: number; zone?: string; hold?: number }> = {
  hour: { every: HOUR_US },
  day: { every: DAY_US },
  berlin: { every: DAY_US, zone: 'Europe/Berlin' },
  new_york: { every: DAY_US, zone: 'America/New_York' },
  lord_howe: { every: DAY_US, zone: 'Australia/Lord_Howe' },
  kolkata_hours: { every: HOUR_US, zone: 'Asia/Kolkata' },
  kathmandu_hours: { every: HOUR_US, zone: 'Asia/Kathmandu' },
  day_by_quarter: { every: 6 * HOUR_US, size: DAY_US },
  held_hours: { every: HOUR_US, hold: 3 * HOUR_US },
  held_days: { every: DAY_US, hold: 3 * HOUR_US },
}

const us = (duration: number) => `${duration / HOUR_US}h`
const configuration = (path: string, windows: typeof all) => ({
  gateway: 'archive',
  // Windows of an hour for rows an hour apart: each row opens panes of its own, and a block of the file holds thousands.
  maxMemory: '512MiB',
  sources: {
    nab: {
      type: 'file',
      path,
      time: { path: 'timestamp', unit: 'iso', zone: 'UTC' },
      decode: { type: 'csv', header: true, fields: ['value'] },
    },
  },
  windows: Object.fromEntries(
    Object.entries(windows).map(([name, { every, size, zone, hold }]) => [
      name,
      {
        every: us(every),
        ...(size && { size: us(size) }),
        ...(zone && { zone }),
        ...(hold && { hold: us(hold) }),
        // A recording goes back by an hour once.
        lateness: '2h',
        reduce: hold ? ['twa', 'integral'] : basic,
      },
    ]),
  ),
  sinks: { out: { type: 'file', path: '-', format: 'line' } },
})

const recordings = {
  machine: all,
  ambient: {
    hour: all.hour!,
    day: all.day!,
    kathmandu_hours: all.kathmandu_hours!,
    held_hours: all.held_hours!,
    held_days: all.held_days!,
  },
}

for (const [name, windows] of Object.entries(recordings)) {
  test(`${name} temperature: hours, days and days of zones as NumPy has them`, async (t) => {
    const path = `${folder}/${name}_temperature_system_failure.csv`
    const expected = askPython<Record<string, [number, Record<string, number>][]>>('../nab/resample.py', {
      path,
      windows,
    })
    const cwd = folderWith(t, { 'weir.yaml': JSON.stringify(configuration(path, windows)) })
    const { code, stdout, stderr } = await weir(t, ['run', 'weir.yaml'], { cwd })
    assert.equal(code, 0, stderr)
    const lines = stdout.trimEnd().split('\n').map(parseLine)
    let worst = 0
    for (const window of Object.keys(windows)) {
      const own = new Map(
        lines
          .filter(({ measurement }) => measurement === window)
          .map(({ time, fields }) => [Number(time / 1000n), fields]),
      )
      const wanted = new Map(expected[window])
      const missing = [...wanted.keys()].filter((startUs) => !own.has(startUs))
      const added = [...own.keys()].filter((startUs) => !wanted.has(startUs))
      assert.deepEqual({ missing, added }, { missing: [], added: [] }, window)
      for (const [startUs, fields] of wanted) {
        const got = own.get(startUs)!
        assert.deepEqual(
          [...got.keys()].sort(),
          Object.keys(fields)
            .map((field) => `value_${field}`)
            .sort(),
        )
        for (const [field, value] of Object.entries(fields)) {
          const { value: outcome } = got.get(`value_${field}`)!
          // The spread of nearly equal values is what NumPy's rounding leaves of it.
          const error = Math.abs(outcome - value) / Math.max(Math.abs(value), field === 'stddev' ? 1 : 0)
          worst = Math.max(worst, error || 0)
          assert.ok(!(error > 1e-12), `${window} at ${startUs}, ${field}: got ${outcome}, NumPy ${value}`)
        }
      }
    }
    t.diagnostic(`${lines.length} points; greatest error ${worst.toExponential(1)}`)
  })
}
