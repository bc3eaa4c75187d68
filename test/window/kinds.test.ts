import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../support/rig.js'

// Windows by hand: what each kind says of a few rows.

const S = 1e6
const T0 = Date.UTC(2024, 0, 1) * 1000
const HOUR = 3600 * S

type Row = [timeUs: number, fields?: Record<string, number>]

function rigOf(windows: object, type = 'finite-script', more: object = {}) {
  const source = { type, wait: '0', time: { path: 't', unit: 'us' }, decode: { type: 'json' }, ...more }
  return new Rig({ config: { batch: '100ms', sources: { s: source }, sinks: { m: { type: 'memory' } }, windows } })
}

async function push(rig: Rig, rows: readonly Row[]): Promise<void> {
  for (const [t, fields = { x: 1 }] of rows) await rig.push('s', 'd', JSON.stringify({ t, ...fields }))
  rig.script('s').out.endBurst()
}

/** What windows say of a file with these rows: their starts (or ends) and fields. */
async function ofFile(windows: object, rows: readonly Row[]) {
  const rig = rigOf(windows)
  await rig.start()
  await push(rig, rows)
  rig.script('s').end()
  await rig.gateway.finished
  rig.assertBalanced()
  return rig
}

/** Rows every `stepUs` through [from, to): how many each window has. */
async function counts(window: object, from: number, to: number, stepUs: number) {
  const rows = Array.from({ length: (to - from) / stepUs }, (_, i): Row => [from + i * stepUs])
  const rig = await ofFile({ w: { ...window, reduce: ['count'] } }, rows)
  return [...rig.last().values()].map(({ timeUs, fields }) => [timeUs, fields.x_count]).sort(([a], [b]) => a! - b!)
}

const utc = (...parts: [number, number, number, number?, number?]) => Date.UTC(...parts) * 1000

test('days in Berlin have 23 hours in spring and 25 in autumn', async () => {
  const day = { every: '1d', zone: 'Europe/Berlin' }
  assert.deepEqual(await counts(day, utc(2024, 2, 29, 23), utc(2024, 3, 1, 22), HOUR), [
    [utc(2024, 2, 29, 23), 24],
    [utc(2024, 2, 30, 23), 23],
    [utc(2024, 2, 31, 22), 24],
  ])
  assert.deepEqual(await counts(day, utc(2024, 9, 25, 22), utc(2024, 9, 28, 23), HOUR), [
    [utc(2024, 9, 25, 22), 24],
    [utc(2024, 9, 26, 22), 25],
    [utc(2024, 9, 27, 23), 24],
  ])
})

test('an hour that comes twice is two windows; four hours in spring are three', async () => {
  const autumn = await counts({ every: '1h', zone: 'Europe/Berlin' }, utc(2024, 9, 27), utc(2024, 9, 27, 3), HOUR / 4)
  assert.deepEqual(autumn, [
    [utc(2024, 9, 27, 0), 4],
    [utc(2024, 9, 27, 1), 4],
    [utc(2024, 9, 27, 2), 4],
  ])
  const spring = await counts({ every: '4h', zone: 'Europe/Berlin' }, utc(2024, 2, 30, 23), utc(2024, 2, 31, 6), HOUR)
  assert.deepEqual(spring, [
    [utc(2024, 2, 30, 23), 3],
    [utc(2024, 2, 31, 2), 4],
  ])
})

test('Lord Howe moves its clocks by half an hour: days of 24.5 and 23.5 hours, an hour of one and a half', async () => {
  const day = { every: '1d', zone: 'Australia/Lord_Howe' }
  // 2024-04-07 02:00 (+11) becomes 01:30 (+10:30); 2024-10-06 02:00 (+10:30) becomes 02:30 (+11).
  assert.deepEqual(await counts(day, utc(2024, 3, 6, 13), utc(2024, 3, 8, 13, 30), HOUR / 2), [
    [utc(2024, 3, 6, 13), 49],
    [utc(2024, 3, 7, 13, 30), 48],
  ])
  assert.deepEqual(await counts(day, utc(2024, 9, 5, 13, 30), utc(2024, 9, 7, 13), HOUR / 2), [
    [utc(2024, 9, 5, 13, 30), 47],
    [utc(2024, 9, 6, 13), 48],
  ])
  const hour = { every: '1h', zone: 'Australia/Lord_Howe' }
  assert.deepEqual(await counts(hour, utc(2024, 3, 6, 14), utc(2024, 3, 6, 16, 30), HOUR / 2), [
    [utc(2024, 3, 6, 14), 3],
    [utc(2024, 3, 6, 15, 30), 2],
  ])
})

test('zones off by part of an hour, and offsets by the clocks', async () => {
  assert.deepEqual(
    await counts({ every: '1h', zone: 'Asia/Kathmandu' }, utc(2024, 5, 1), utc(2024, 5, 1, 2), HOUR / 4),
    [
      [utc(2024, 4, 31, 23, 15 + 0), 1],
      [utc(2024, 5, 1, 0, 15), 4],
      [utc(2024, 5, 1, 1, 15), 3],
    ],
  )
  const shift = { every: '1d', offset: '6h', zone: 'Europe/Berlin' }
  assert.deepEqual(await counts(shift, utc(2024, 2, 30, 5), utc(2024, 3, 1, 4), HOUR), [
    [utc(2024, 2, 30, 5), 23],
    [utc(2024, 2, 31, 4), 24],
  ])
})

test('overlapping windows: each that holds a row, and again when a late one comes', async () => {
  const rig = rigOf({ w: { every: '1s', size: '3s', lateness: '5s', reduce: ['count'] } }, 'script')
  await rig.start()
  await rig.advance(20_000)
  await push(rig, [[T0 + 15 * S], [T0 + 17 * S]])
  await rig.advance(100)
  const seen = () => rig.due.splice(0).map((p) => [(p.timeUs - T0) / S, p.fields.x_count])
  assert.deepEqual(seen(), [
    [13, 1],
    [14, 1],
  ])
  await push(rig, [[T0 + 14.5 * S], [T0 + 11 * S]])
  await rig.advance(100)
  assert.deepEqual(seen(), [
    [12, 1],
    [13, 2],
    [14, 2],
  ])
  // The row at 11 s was late: its pane ended at 12 s, and 12 + 5 is not after 17.
  assert.equal(rig.gateway.status().windows[0]!.late, 1)
  await rig.stop()
})

test('a session is over by its device alone, even where its end and a new row come in one batch', async () => {
  for (const cuts of [false, true]) {
    const rig = rigOf({ w: { session: '2s', lateness: '0', reduce: ['count'], stamp: 'start' } })
    await rig.start()
    for (const row of [[T0], [T0 + 2 * S], [T0 + 1.9 * S]] satisfies Row[]) {
      await push(rig, [row])
      if (cuts) await rig.script('s').out.turn()
    }
    rig.script('s').end()
    await rig.gateway.finished
    const said = rig.due.map(({ timeUs, fields }) => [timeUs - T0, fields.x_count])
    assert.deepEqual(said, [
      [0, 1],
      [1.9 * S, 2],
    ])
  }
})

test('many sessions of one device in one batch', async () => {
  const rows = Array.from({ length: 200 }, (_, i): Row => [T0 + i * 3 * S])
  const rig = await ofFile({ w: { session: '2s', lateness: '0', reduce: ['count'] } }, rows)
  assert.equal(rig.gateway.status().windows[0]!.rejected, 0)
  assert.deepEqual(
    rig.due.map(({ timeUs }) => timeUs).sort((a, b) => a - b),
    rows.map(([timeUs]) => timeUs),
  )
})

test('raw samples: one line for the fields of a message, never one field twice', async () => {
  const rig = await ofFile({ w: { raw: true } }, [
    [T0, { x: 1, y: 2 }],
    [T0, { y: 3 }],
    [T0 + S, { x: 4 }],
  ])
  const fields = rig.sunk.get('m')!.map((line) => line.split(' ')[1])
  assert.deepEqual(fields, ['x=1,y=2', 'y=3', 'x=4'])
})

test('a value that is held goes on in windows without rows while a live source is silent', async () => {
  const rig = rigOf({ w: { every: '1s', hold: '3s', reduce: ['twa'] } }, 'script')
  await rig.start()
  await rig.advance(10_000)
  await push(rig, [[T0 + 10 * S, { x: 7 }]])
  await rig.advance(9000)
  assert.deepEqual(
    rig.due.map(({ timeUs, fields }) => [(timeUs - T0) / S, fields.x_twa]),
    [10, 11, 12].map((second) => [second, 7]),
  )
  await rig.stop()
})

test('a straight line to a sample that comes late corrects the overlapping windows before it', async () => {
  const rig = rigOf({ w: { every: '1s', size: '2s', between: 'linear', lateness: '1min', reduce: ['integral'] } })
  await rig.start()
  for (const row of [
    [T0, { x: 0 }],
    [T0 + 4 * S, { x: 4 }],
    [T0 + 2 * S, { x: 8 }],
  ] satisfies Row[]) {
    await push(rig, [row])
    await rig.script('s').out.turn()
  }
  rig.script('s').end()
  await rig.gateway.finished
  const last = new Map([...rig.last().values()].map(({ timeUs, fields }) => [(timeUs - T0) / S, fields.x_integral]))
  // 0 → 8 → 4 by straight lines, two seconds each.
  assert.deepEqual([last.get(-1), last.get(0), last.get(1), last.get(2)], [2, 8, 13, 12])
})

test('quantiles without a window that keeps rows', async () => {
  const values = Array.from({ length: 100 }, (_, i): Row => [T0 + i, { x: (i * 37) % 101 }])
  const rig = await ofFile({ w: { every: '1s', reduce: ['median', 'skewness'] } }, values)
  const sorted = values.map(([, fields]) => fields!.x!).sort((a, b) => a - b)
  assert.equal(rig.due[0]!.fields.x_median, (sorted[49]! + sorted[50]!) / 2)
})

test('once all windows are closed every page is free again', async () => {
  const kinds: Record<string, object> = {
    tumbling: { every: '1s', reduce: ['mean', 'p99', 'distinct', 'twa'] },
    hopping: { every: '1s', size: '7s', reduce: ['mean', 'p99', 'twa'] },
    calendar: { every: '1min', zone: 'Asia/Kathmandu', reduce: ['max', 'histogram(0,5)'] },
    session: { session: '300ms', reduce: ['mean', 'p99', 'slope', 'twa'] },
    count: { count: 7, reduce: ['mean', 'p99', 'distinct'] },
  }
  for (const [name, window] of Object.entries(kinds)) {
    const rig = rigOf({ w: window })
    await rig.start()
    const free = () => rig.gateway.status().memory.slabFreeBytes
    const before = free()
    for (let block = 0; block < 20; block++) {
      const rows = Array.from({ length: 40 }, (_, i): Row => {
        const late = (i * 7919) % 5 === 0 ? 1.5 : 0
        return [T0 + (block * 40 + i - late) * 0.4 * S, { x: (i * 31) % 97, y: i }]
      })
      await push(rig, rows)
      await rig.script('s').out.turn()
    }
    rig.script('s').end()
    await rig.gateway.finished
    assert.ok(rig.due.length > 4, name)
    // A lane of sessions or counted rows keeps its directory: a page and a page of groups each.
    const kept = name === 'session' || name === 'count' ? 2 * 4096 * 32 : 0
    assert.ok(before - free() <= kept, `${name}: ${before - free()} bytes are not free`)
  }
})
