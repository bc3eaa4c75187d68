import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  PROGRAM_BYTES,
  PROGRAM_TIME_UNIT,
  PROGRAM_ZONE,
  PROGRAM_ZONE_LENGTH,
  TIME_ISO,
  TIME_MS,
  TIME_NS,
  TIME_S,
  TIME_US,
  WHY_INVALID_TIME,
  WHY_NO_ZONE,
  ZONE_BYTES,
} from '../../../assembly/layout.js'
import { writeConstants } from '../../../src/memory/constants.js'
import { zoneTable } from '../../../src/memory/zone.js'
import { compileProbe, testArena } from '../../support/probe.js'

const arena = testArena(128)
const probe = await compileProbe('time', arena.memory)
probe.setConstants(writeConstants(arena))

const program = arena.alloc(PROGRAM_BYTES)
const zone = arena.alloc(1000 * ZONE_BYTES)
const list = arena.alloc(1024 * 8)
const out = arena.alloc(1024 * 16)
const text = arena.alloc(2 ** 17)

/** Times in µs, or WHY_* in braces where there is none. */
function read(times: string[], unit: number, isText = true, guard = '"123456789012345'): (number | { why: number })[] {
  arena.u32[(program + PROGRAM_TIME_UNIT) / 4] = unit
  let at = text
  times.forEach((time, i) => {
    arena.u32[list / 4 + i * 2] = at
    at += Buffer.from(arena.memory.buffer, at, 4096).write(time)
    arena.u32[list / 4 + i * 2 + 1] = at
    at += Buffer.from(arena.memory.buffer, at, 100).write(guard)
  })
  probe.parseTimes(program, list, times.length, out, isText ? 1 : 0)
  return times.map((_, i) => {
    const why = arena.u32[out / 4 + i * 4 + 2]
    return why ? { why } : arena.f64[out / 8 + i * 2]
  })
}

function setZone(name?: string): void {
  const table = name ? zoneTable(name) : new Float64Array()
  arena.f64.set(table, zone / 8)
  arena.u32[(program + PROGRAM_ZONE) / 4] = name ? zone : 0
  arena.u32[(program + PROGRAM_ZONE_LENGTH) / 4] = table.length / 2
}

const invalid = { why: WHY_INVALID_TIME }

test('numbers in every unit are floored to whole microseconds', () => {
  const cases: [string, number, number | { why: number }][] = [
    ['1700000000', TIME_S, 1700000000e6],
    ['1700000000.123456', TIME_S, 1700000000123456],
    ['1700000000.1234569999', TIME_S, 1700000000123456],
    ['1.700000000123e9', TIME_S, 1700000000123000],
    ['1700000000123', TIME_MS, 1700000000123000],
    ['1700000000123.9999', TIME_MS, 1700000000123999],
    ['1700000000123456', TIME_US, 1700000000123456],
    ['1700000000123456.7', TIME_US, 1700000000123456],
    ['1700000000123456789', TIME_NS, 1700000000123456],
    ['1700000000123456999', TIME_NS, 1700000000123456],
    ['1700000000123456000', TIME_NS, 1700000000123456],
    ['1700000000123456789.123456', TIME_NS, 1700000000123456],
    ['0', TIME_S, 0],
    ['-0', TIME_S, 0],
    ['-0.0000001', TIME_S, -1],
    ['-1', TIME_NS, -1],
    ['-1000', TIME_NS, -1],
    ['-1001', TIME_NS, -2],
    ['-1e-30', TIME_S, -1],
    ['1e-30', TIME_S, 0],
    ['-0.1', TIME_US, -1],
    ['0.00000000000000000000000001', TIME_S, 0],
    ['-0.00000000000000000000000001', TIME_S, -1],
    ['0e99999999999', TIME_S, 0],
    ['9007199254740992', TIME_US, 9007199254740992],
    ['9007199254740993', TIME_US, invalid],
    ['9007199254740993000', TIME_NS, invalid],
    ['1e10', TIME_S, invalid],
    ['9e9', TIME_S, 9e15],
    ['18446744073709551616', TIME_NS, invalid],
    ['1e999999999', TIME_NS, invalid],
    ['1e15', TIME_S, invalid],
    ['1e22', TIME_S, invalid],
    ['', TIME_S, invalid],
    ['12a', TIME_S, invalid],
    ['nan', TIME_S, invalid],
  ]
  for (const isText of [true, false])
    for (const [time, unit, us] of cases) assert.deepEqual(read([time], unit, isText), [us], `${time} in unit ${unit}`)
  assert.deepEqual(read(['  1700000000 '], TIME_S), [1700000000e6])
  assert.deepEqual(read(['1700000000'], TIME_ISO, false), [invalid])
})

test('numbers of any length against big integers', () => {
  for (let i = 0; i < 20_000; i++) {
    const scale = [6, 3, 0, -3][i % 4]
    const before = Math.floor(Math.random() * (16 - scale))
    const after = Math.floor(Math.random() * 24)
    const digits = (count: number) => Array.from({ length: count }, () => Math.floor(Math.random() * 10)).join('')
    const [whole, part] = [`0${digits(before)}`.replace(/^0+(?=\d)/, ''), digits(after)]
    const sign = i % 3 ? '' : '-'
    const power = scale - after
    const value = BigInt(`${sign}${BigInt(whole + part)}`)
    const divisor = 10n ** BigInt(Math.max(0, -power))
    const exact = value * 10n ** BigInt(Math.max(0, power))
    const floored = exact / divisor - (exact < 0n && exact % divisor !== 0n ? 1n : 0n)
    const wanted = floored > 2n ** 53n || floored < -(2n ** 53n) ? invalid : Number(floored)
    const time = `${sign}${whole}${part && `.${part}`}`
    assert.deepEqual(read([time], [TIME_S, TIME_MS, TIME_US, TIME_NS][i % 4]), [wanted], `${time}, scale ${scale}`)
  }
})

test('iso times with an offset agree with Date.parse', () => {
  setZone()
  const times: string[] = []
  const wanted: number[] = []
  for (let i = 0; i < 1000; i++) {
    const ms = Math.floor((Math.random() * 550 - 280) * 31556952e3)
    const offset = Math.floor(Math.random() * 2878) - 1439
    const pad = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, '0')
    const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1)
    times.push(`${local}${offset < 0 ? '-' : '+'}${pad(offset / 60)}${i % 2 ? ':' : ''}${pad(offset % 60)}`)
    wanted.push(ms * 1000)
  }
  assert.deepEqual(read(times, TIME_ISO), wanted)
})

test('every day from 1684 to 2255', () => {
  for (let day = Date.UTC(1685, 0, 1); day < Date.UTC(2255, 0, 1); day += 86_400_000) {
    const text = `${new Date(day).toISOString().slice(0, 10)}T00:00Z`
    const [us] = read([text], TIME_ISO)
    if (us !== day * 1000) assert.fail(`${text} is ${day * 1000}, read as ${JSON.stringify(us)}`)
  }
})

test('the forms of an iso time', () => {
  setZone('UTC')
  const noon = Date.UTC(2024, 1, 29, 12, 34, 56) * 1000
  const cases: [string, number | { why: number }][] = [
    ['2024-02-29T12:34:56Z', noon],
    ['2024-02-29 12:34:56', noon],
    ['2024-02-29t12:34:56z', noon],
    ['2024-02-29T12:34', noon - 56e6],
    ['2024-02-29', noon - ((12 * 60 + 34) * 60 + 56) * 1e6],
    [' 2024-02-29T12:34:56 ', noon],
    ['2024-02-29T12:34:56.1', noon + 100000],
    ['2024-02-29T12:34:56,123456', noon + 123456],
    ['2024-02-29T12:34:56.123456789123456789Z', noon + 123456],
    ['2024-02-29T12:34:56.9999999999999999999999999', noon + 999999],
    ['2024-02-29T12:34:56+01', noon - 3600e6],
    ['2024-02-29T12:34:56-0130', noon + 5400e6],
    ['2024-02-29T12:34:56.5+05:45', noon + 500000 - 20700e6],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1) * 1000 - 1],
    ['2016-12-31T23:59:60.7Z', Date.UTC(2017, 0, 1) * 1000 - 1],
    ['1969-12-31T23:59:59.9999999Z', -1],
    ...[
      ...['2023-02-29', '1900-02-29', '2024-04-31', '2024-00-10', '2024-13-01', '2024-01-00', '2024-01-32', '24-01-01'],
      ...['2024-1-1', '2024/01/01', '20240101', '2024-01-01T', '2024-01-01T12', '2024-01-01T24:00', '2024-01-01T12:60'],
      ...[
        '2024-01-01T12:00:61',
        '2024-01-01T12:00:00.',
        '2024-01-01T12:00:',
        '2024-01-01T12:00+',
        '2024-01-01T12:00+1',
      ],
      ...[
        '2024-01-01T12:00+24',
        '2024-01-01T12:00+01:60',
        '2024-01-01T12:00+01:',
        '2024-01-01T12:00Zx',
        '2024-01-01x12:00',
      ],
      ...['', 'x', 'null', '1600-01-01', '2256-01-01', '0000-01-01', '9999-12-31T23:59:59Z', '2024-01-01T12:00:00Z Z'],
    ].map((text): [string, { why: number }] => [text, invalid]),
  ]
  for (const [text, us] of cases) assert.deepEqual(read([text], TIME_ISO), [us], text)
  setZone()
  assert.deepEqual(read(['2024-02-29T12:34:56', '2024-02-29'], TIME_ISO), [{ why: WHY_NO_ZONE }, { why: WHY_NO_ZONE }])
})

test('local times by zone: whatever Intl shows reads back, the first of a doubled one, a missing one ahead', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu']
  zones.push('Africa/Casablanca', 'Pacific/Apia', 'Africa/Monrovia', 'America/Sao_Paulo', 'Europe/Dublin', 'UTC')
  for (const name of zones) {
    setZone(name)
    const table = zoneTable(name)
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: name, dateStyle: 'short', timeStyle: 'medium' })
    const localOf = (ms: number) => format.format(ms)
    const instants: number[] = []
    for (let i = 0; i < 300; i++) instants.push(Math.floor(Math.random() * 4.1e9) * 1000)
    for (let row = 2; row < table.length; row += 2) {
      const [before, after] = [table[row - 1] / 1000, table[row + 1] / 1000]
      const change = table[row] / 1000 - Math.max(before, after)
      for (const hours of [-3, -1, -0.5, 0, 0.25, 1, 3]) instants.push(change + hours * 3_600_000)
      if (after > before) {
        // The clock never shows the hour after the change by the old offset: it is shown ahead.
        const missing = new Date(change + before + (after - before) / 2).toISOString().slice(0, 19)
        assert.deepEqual(read([missing], TIME_ISO), [(change + (after - before) / 2) * 1000], `${missing} ${name}`)
      }
    }
    for (let i = 0; i < instants.length; i += 1000) {
      const part = instants.slice(i, i + 1000)
      const got = read(part.map(localOf), TIME_ISO)
      part.forEach((ms, k) => {
        const us = got[k]
        assert.equal(typeof us, 'number')
        if (us === ms * 1000) return
        // The second of two equal local times reads as the first.
        assert.ok((us as number) < ms * 1000, `${localOf(ms)} ${name}`)
        assert.equal(localOf((us as number) / 1000), localOf(ms), name)
      })
    }
  }
})

test('no byte at or past the end counts, and any bytes are a time or none', () => {
  setZone('Europe/Berlin')
  const whole = '2024-02-29T12:34:56.789+01:30'
  const cuts = Array.from({ length: whole.length + 1 }, (_, cut) => whole.slice(0, cut))
  const plain = read(cuts, TIME_ISO, true, '\0'.repeat(64))
  for (const guard of ['9'.repeat(64), '-01-01T00:00', ':59:59Z', '.5', '+09:00', 'Z'])
    assert.deepEqual(read(cuts, TIME_ISO, true, guard), plain)
  for (let i = 0; i < 20_000; i++) {
    const bytes = [...whole.slice(0, Math.floor(Math.random() * 30))]
    if (bytes.length) bytes[Math.floor(Math.random() * bytes.length)] = String.fromCharCode(Math.random() * 128)
    const text = bytes.join('')
    assert.deepEqual(read([text], TIME_ISO, true, '0000'), read([text], TIME_ISO, true, 'Z'), JSON.stringify(text))
  }
})
