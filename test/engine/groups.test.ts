import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../support/rig.js'

const T0 = 1_704_067_200_000_000
const S = 1e6

const config = (window: object, source: object = {}) => ({
  batch: '250ms',
  maxMemory: '8MiB',
  maxSeries: 100,
  sources: {
    plant: {
      type: 'finite-script',
      wait: '0',
      time: { path: 't', unit: 'us' },
      tags: { line: '{.line}', machine: '{.machine}' },
      decode: { type: 'json', fields: ['temp', 'load'] },
      ...source,
    },
  },
  windows: { w: { every: '10s', lateness: '5s', ...window } },
  sinks: { out: { type: 'memory' } },
})

type Row = [seconds: number, line: string, machine: string, temp?: number, load?: number]

async function play(window: object, rows: readonly Row[], source: object = {}): Promise<Rig> {
  const rig = new Rig({ config: config(window, source), startUs: T0 })
  await rig.start()
  for (const [seconds, line, machine, temp, load] of rows)
    await rig.push('plant', '', JSON.stringify({ t: T0 + seconds * S, line, machine, temp, load }))
  rig.script('plant').end()
  await rig.advance(1000)
  await rig.stop()
  return rig
}

const lines = (rig: Rig) => rig.sunk.get('out')!

test('by: devices that differ in other tags alone are one, each value counted once', async () => {
  const rig = await play({ by: ['line'], reduce: ['count', 'sum', 'p90'] }, [
    [1, 'a', 'm1', 1],
    [2, 'a', 'm2', 10],
    [3, 'b', 'm1', 100],
    [4, 'a', 'm1', 1000],
  ])
  assert.deepEqual(lines(rig), [
    `w,gateway=rig,line=a,source=plant temp_count=3i,temp_sum=1011,temp_p90=802 ${T0}000`,
    `w,gateway=rig,line=b,source=plant temp_count=1i,temp_sum=100,temp_p90=100 ${T0}000`,
  ])
})

test('by: an empty list makes a source one series a field; other windows see the devices as they are', async () => {
  const rig = new Rig({
    config: {
      ...config({}),
      windows: {
        all: { every: '10s', by: [], reduce: ['mean'] },
        each: { every: '10s', reduce: ['mean'] },
      },
    },
    startUs: T0,
  })
  await rig.start()
  for (const [machine, temp] of [
    ['m1', 1],
    ['m2', 3],
  ])
    await rig.push('plant', '', JSON.stringify({ t: T0, line: 'a', machine, temp }))
  rig.script('plant').end()
  await rig.advance(1000)
  await rig.stop()
  assert.deepEqual(lines(rig).sort(), [
    `all,gateway=rig,source=plant temp_mean=2 ${T0}000`,
    `each,gateway=rig,line=a,machine=m1,source=plant temp_mean=1 ${T0}000`,
    `each,gateway=rig,line=a,machine=m2,source=plant temp_mean=3 ${T0}000`,
  ])
})

test('by: a row is late by the time of the group, whoever moved it', async () => {
  const rig = await play({ by: ['line'], reduce: ['count'] }, [
    [1, 'a', 'm1', 1],
    [16, 'a', 'm2', 1],
    [2, 'a', 'm1', 1],
    [3, 'b', 'm1', 1],
  ])
  const { late, reduced } = rig.gateway.status().sources[0].samples
  assert.deepEqual([late, reduced], [1, 3])
})

test('by: a group that nobody speaks for any more is forgotten, and begins anew', async () => {
  const rig = new Rig({
    config: config({ by: ['line'], reduce: ['count'] }, { type: 'script', forget: '20s', time: 'arrival' }),
    startUs: T0,
  })
  await rig.start()
  const speak = async (line: string) => {
    await rig.push('plant', '', JSON.stringify({ line, machine: 'm1', temp: 1 }))
    rig.script('plant').out.endBurst()
  }
  await speak('a')
  await rig.advance(100_000)
  assert.equal(rig.gateway.status().series, 2)
  // Who is silent is looked for when there is something to do.
  await speak('b')
  await rig.advance(100_000)
  await speak('b')
  await rig.advance(1000)
  assert.equal(rig.gateway.status().series, 2)
  await speak('a')
  await rig.advance(20_000)
  assert.equal(rig.gateway.status().series, 4)
  await rig.stop()
  assert.equal(lines(rig).length, 4)
  const { slabBytes, slabFreeBytes } = rig.gateway.status().memory
  assert.equal(slabFreeBytes, slabBytes)
})

test('raw: samples go out as they are, fields of one device and time in a line', async () => {
  const rig = await play({ every: undefined, raw: true, reduce: undefined, of: { tags: { line: 'a' } } }, [
    [1.5, 'a', 'm1', 1, 0.5],
    [2, 'b', 'm1', 2],
    [1, 'a', 'm2', 3],
    [1, 'a', 'm2', 4],
  ])
  assert.deepEqual(lines(rig), [
    `w,gateway=rig,line=a,machine=m1,source=plant temp=1,load=0.5 ${T0 + 1.5 * S}000`,
    `w,gateway=rig,line=a,machine=m2,source=plant temp=3 ${T0 + S}000`,
    `w,gateway=rig,line=a,machine=m2,source=plant temp=4 ${T0 + S}000`,
  ])
  assert.equal(rig.gateway.status().sources[0].samples.unmatched, 1)
})

test('velocity_rms takes its factor from the unit of the field', async () => {
  const outcomes: number[] = []
  for (const unit of ['m/s^2', 'mm/s^2', 'g']) {
    const rig = new Rig({
      config: {
        batch: '250ms',
        sources: {
          v: {
            type: 'finite-script',
            wait: '0',
            unit: { acc: unit },
            time: { path: 't', unit: 'us', rate: 1000 },
            decode: { type: 'json', samples: 'acc' },
          },
        },
        windows: { w: { every: '1s', reduce: ['velocity_rms(10,400)'] } },
      },
      startUs: T0,
    })
    await rig.start()
    const acc = Array.from({ length: 1000 }, (_, i) => Math.sin(2 * Math.PI * 50 * (i / 1000)))
    await rig.push('v', '', JSON.stringify({ t: T0, acc }))
    rig.script('v').end()
    await rig.advance(1000)
    await rig.stop()
    outcomes.push(rig.due[0]!.fields.acc_velocity_rms_10_400!)
  }
  // A sine of 1 m/s² at 50 Hz: 1000 / (2π·50) / √2 mm/s.
  assert.ok(Math.abs(outcomes[0]! - 2.2508) < 0.003, `${outcomes[0]}`)
  assert.ok(Math.abs(outcomes[1]! - outcomes[0]! / 1000) < 1e-9)
  assert.ok(Math.abs(outcomes[2]! - outcomes[0]! * 9.80665) < 1e-9)
})

test('a held value is told once, too, while another device is silent', async () => {
  const rig = new Rig({
    config: {
      batch: '50ms',
      sources: { s: { type: 'script', wait: '0', time: { path: 't', unit: 'us' }, decode: { type: 'json' } } },
      windows: {
        w: { of: { field: 'y' }, every: '250ms', offset: '5ms', lateness: '0', hold: '300ms', reduce: ['twa'] },
      },
      sinks: { out: { type: 'memory' } },
    },
    startUs: T0,
  })
  await rig.start()
  const say = async (device: string, ms: number, fields: object) => {
    await rig.push('s', device, JSON.stringify({ t: T0 + ms * 1000, ...fields }))
    rig.script('s').out.endBurst()
  }
  await rig.advance(20_000)
  await say('1', 20_000, { y: 5 })
  await rig.advance(1)
  await say('2', 20_001, { x: 0, y: 6 })
  for (const [gapMs, ms, fields] of [
    [1055, 21_056, { x: 0 }],
    [68, 21_124, { x: 0 }],
    [81, 21_205, { x: 0, y: 7 }],
    [50, 21_255, { x: 0 }],
  ] as const) {
    await rig.advance(gapMs)
    await say('1', ms, fields)
  }
  await rig.advance(1000)
  await rig.stop()
  const told = (lines: readonly string[]) => lines.filter((line) => line.includes('device=1')).length
  assert.equal(told(lines(rig)), [...rig.last().values()].filter(({ device }) => device === '1').length)
})
