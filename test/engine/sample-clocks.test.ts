import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as layout from '../../assembly/layout.js'
import type { EngineMemory, Sizes } from '../../src/engine/engine-memory.js'
import type { Identities } from '../../src/engine/identities.js'
import { SampleClocks } from '../../src/engine/sample-clocks.js'
import { Rig } from '../support/rig.js'

const RATE_HZ = 1000
const SAMPLES = 50

interface Row {
  device: string
  field: string
  timeUs: number
  value: number
}

/** A gateway whose one source counts samples, and the rows it made of them. */
async function counting(source: object, sizes: Partial<Sizes> = { rows: 2048 }) {
  const rig = new Rig({
    config: {
      batch: '100ms',
      sources: { s: { type: 'script', time: { clock: 'samples', rate: RATE_HZ }, wait: '2s', ...source } },
      windows: { second: { of: '*', every: '1s', reduce: ['count', 'first', 'last'] } },
    },
    sizes,
    startUs: 1_700_000_000_000_000,
  })
  const rows: Row[] = []
  rig.gateway.tap({
    samples: (seen) => {
      for (let i = 0; i < seen.rows; i++) {
        const device = seen.device(i).tags.find(([name]) => name === 'device')?.[1] ?? ''
        rows.push({ device, field: seen.field(i), timeUs: seen.timeUs(i), value: seen.value(i) })
      }
    },
  })
  await rig.start()
  await rig.advance(1000)
  return { rig, rows, clocks: () => rig.gateway.status().sources[0].details.sampleClocks as Record<string, unknown>[] }
}

/** A frame each 50 ms of the sensor's time, delayed by up to 20 ms. */
async function send(rig: Rig, frames: number, payload: (frame: number) => string, device = 'a'): Promise<void> {
  for (let frame = 0; frame < frames; frame++) {
    const delayMs = (frame * 7) % 20
    await rig.advance(delayMs)
    await rig.push('s', device, payload(frame))
    rig.script('s').out.endBurst()
    await rig.advance(50 - delayMs)
  }
}

const numbers = (frame: number) => Array.from({ length: SAMPLES }, (_, i) => frame * SAMPLES + i)
const json = { decode: { type: 'json', samples: ['acc'] } }

test('rows of arrays lie at the sensor’s own pace; the status tells of its clock', async () => {
  const { rig, rows, clocks } = await counting(json)
  await send(rig, 2400, (frame) => JSON.stringify({ acc: numbers(frame) }))
  await rig.stop()
  assert.equal(rows.length, 2400 * SAMPLES)
  for (const [i, { value }] of rows.entries()) assert.equal(value, i)
  const settled = rows.filter(({ value }) => value > 60_000)
  const originUs = settled[0].timeUs - settled[0].value * 1000
  const most = Math.max(...settled.map(({ timeUs, value }) => Math.abs(timeUs - value * 1000 - originUs)))
  assert.ok(most < 200, `${most} µs`)
  const [clock] = clocks()
  assert.deepEqual(clock.tags, { device: 'a', gateway: 'rig', source: 's' })
  assert.ok(Math.abs(clock.driftPpm as number) < 50 && Math.abs((clock.rateHz as number) - RATE_HZ) < 0.1)
  assert.deepEqual([clock.frames, clock.missing, clock.restarts, clock.jumps], [2400, 0, 0, 0])
  assert.ok((clock.jitterMs as number) > 5 && (clock.jitterMs as number) < 15)
})

test('a counter in the payload finds what was lost, and values beside the array have the time of its first sample', async () => {
  const { rig, rows, clocks } = await counting({
    ...json,
    time: { clock: 'samples', rate: RATE_HZ, counter: 'n' },
    decode: { type: 'json', fields: ['temp'], samples: ['acc'] },
  })
  await send(rig, 100, (frame) =>
    frame % 10 === 5 ? '{"temp":-1}' : JSON.stringify({ n: frame * SAMPLES, acc: numbers(frame), temp: frame }),
  )
  await rig.push('s', 'a', '{"acc":[1,2,3]}')
  await rig.push('s', 'a', '{"n":"7","acc":[1,2,3],"temp":4}')
  await rig.advance(100)
  const { samples } = rig.gateway.status().sources[0]
  await rig.stop()
  const times = new Map(rows.filter(({ field }) => field === 'acc').map(({ value, timeUs }) => [value, timeUs]))
  for (const { value, timeUs } of rows.filter(({ field, value }) => field === 'temp' && value >= 0))
    assert.equal(timeUs, times.get(value * SAMPLES))
  assert.equal(clocks()[0].missing, 10 * SAMPLES)
  // A payload without its array has the time of its arrival; one without its counter, no time.
  assert.equal(rows.filter(({ value }) => value === -1).length, 10)
  assert.equal(samples.invalid, 3 + 4)
})

test('devices by a tag of the payload have clocks of their own; a struct may count too', async () => {
  const decode = {
    type: 'struct',
    fields: [
      { name: 'id', type: 'u8' },
      { name: 'n', type: 'u16' },
      {
        rows: [
          { name: 'x', type: 'i16' },
          { name: 'y', type: 'i16' },
        ],
        count: 'rest',
      },
    ],
    crc: 'crc16-modbus',
  }
  const { rig, clocks } = await counting({
    time: { clock: 'samples', rate: RATE_HZ, counter: 'n' },
    tags: { device: '{.id}' },
    decode,
  })
  const { out } = rig.script('s')
  const channel = out.channel({ name: 's', input: 0, tags: {} })
  const { crcs } = await import('../../src/memory/crc.js')
  const modbus = crcs.find(({ name }) => name === 'crc16-modbus')!
  const frame = (id: number, n: number) => {
    const bytes = Buffer.alloc(3 + 4 * SAMPLES + 2)
    bytes[0] = id
    bytes.writeUInt16LE(n % 65536, 1)
    bytes.writeUInt16LE(modbus.of(bytes, 0, bytes.length - 2), bytes.length - 2)
    return bytes
  }
  for (let i = 0; i < 1500; i++) {
    await rig.advance(50)
    for (const id of [1, 2]) {
      const bytes = frame(id, i * SAMPLES)
      if (id === 2 && i % 3 === 1) continue
      assert.ok(out.frame(channel, bytes, 0, bytes.length, 0, 0))
    }
    out.endBurst()
  }
  await rig.stop()
  const told = clocks()
  assert.deepEqual(
    told.map(({ tags }) => (tags as Record<string, string>).device),
    ['1', '2'],
  )
  assert.deepEqual(
    told.map(({ missing, restarts }) => [missing, restarts]),
    [
      [0, 0],
      [500 * SAMPLES, 0],
    ],
  )
})

test('columns that are too small for a frame change no time', async () => {
  const payload = (frame: number) =>
    JSON.stringify([
      { acc: numbers(2 * frame), temp: 1 },
      { acc: numbers(2 * frame + 1), temp: 2 },
    ])
  const source = { decode: { type: 'json', fields: ['temp'], samples: ['acc'] } }
  const seen: Row[][] = []
  for (const sizes of [{ rows: 2048 }, { rows: 16 }, { rows: 70 }, { rows: 8 }]) {
    const { rig, rows, clocks } = await counting(source, sizes)
    for (let frame = 0; frame < 40; frame++) {
      await rig.advance(frame % 3 ? 100 : 80)
      await rig.push('s', 'a', payload(frame))
      rig.script('s').out.endBurst()
    }
    await rig.stop()
    assert.equal(clocks()[0].frames, 80)
    seen.push(rows)
  }
  for (const rows of seen.slice(1)) assert.deepEqual(rows, seen[0])
})

test('rows without arrays are samples one by one', async () => {
  const { rig, rows } = await counting({ time: { clock: 'samples', rate: 20 }, decode: { type: 'json' } })
  await send(rig, 600, (frame) => `{"v":${frame}}`)
  await rig.stop()
  const settled = rows.filter(({ value }) => value > 500)
  for (const { timeUs, value } of settled)
    assert.ok(Math.abs(timeUs - settled[0].timeUs - (value - settled[0].value) * 50e3) < 2000)
})

test('a device that is forgotten takes its clock along', async () => {
  const { rig, clocks } = await counting({ ...json, forget: '10s', tags: { device: '{.id}' } })
  await rig.push('s', '', '{"id":7,"acc":[1,2]}')
  rig.script('s').out.endBurst()
  await rig.advance(1000)
  assert.equal(clocks().length, 1)
  await rig.advance(130_000)
  await rig.push('s', '', '{"id":8,"acc":[1,2]}')
  rig.script('s').out.endBurst()
  await rig.advance(1000)
  assert.deepEqual(
    clocks().map(({ tags }) => (tags as Record<string, string>).device),
    ['8'],
  )
  await rig.stop()
})

test('runs have the start and the rate of their rows, also behind a gap', () => {
  const buffer = new ArrayBuffer(8192)
  const [u32, f64] = [new Uint32Array(buffer), new Float64Array(buffer)]
  const [columns, times, runs, clocks] = [0, 1024, 2048, 4096]
  const memory = { u32, f64, regions: { columns: { start: columns } } } as unknown as EngineMemory
  const channel = { sourceIndex: 0, spec: { name: 'c' }, program: { clock: { rateHz: 100, modulus: 2 ** 32 } } }
  const identities = { devices: [], channelOf: () => channel } as unknown as Identities
  const set = (record: number, values: Record<number, number>) => {
    for (const [offset, value] of Object.entries(values)) u32[(record + Number(offset)) / 4] = value
  }
  set(columns, {
    [layout.COLUMNS_TIME]: times,
    [layout.COLUMNS_RUN_LIST]: runs,
    [layout.COLUMNS_RUNS]: 3,
    [layout.COLUMNS_CLOCK_LIST]: clocks,
    [layout.COLUMNS_CLOCKS]: 1,
  })
  // A row of another frame, then an array whose third value is none.
  f64.set([5e15, 0, 1, 3, 4], times / 8)
  const firsts = [0, 1, 3]
  for (const [i, first] of firsts.entries()) {
    set(runs + i * layout.RUN_BYTES, { [layout.RUN_FIRST]: first })
    f64[(runs + i * layout.RUN_BYTES + layout.RUN_START) / 8] = f64[times / 8 + first]
    f64[(runs + i * layout.RUN_BYTES + layout.RUN_RATE) / 8] = 7
  }
  set(clocks, {
    [layout.CLOCK_FIRST]: 1,
    [layout.CLOCK_ROWS]: 4,
    [layout.CLOCK_RUN]: 1,
    [layout.CLOCK_SAMPLES]: 5,
    [layout.CLOCK_FRAME]: 64,
  })
  f64[(clocks + layout.CLOCK_COUNTER) / 8] = Number.NaN
  f64[(clocks + layout.CLOCK_ARRIVAL) / 8] = 5e15
  new SampleClocks(memory, identities).tellTimes(true)
  const startUs = 5e15 - 40e3
  assert.deepEqual(
    [...f64.subarray(times / 8, times / 8 + 5)],
    [5e15, startUs, startUs + 10e3, startUs + 30e3, startUs + 40e3],
  )
  const told = firsts.map((_, i) => {
    const run = (runs + i * layout.RUN_BYTES) / 8
    return [f64[run + layout.RUN_START / 8], f64[run + layout.RUN_RATE / 8]]
  })
  assert.deepEqual(told, [
    [5e15, 7],
    [startUs, 100],
    [startUs + 30e3, 100],
  ])
  assert.equal(u32[(columns + layout.COLUMNS_CLOCKS) / 4], 0)
})
