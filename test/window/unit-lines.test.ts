import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../support/rig.js'

const S = 1e6
const T0 = 1_704_067_200_000_000

const config = (window: object, source: object = {}) => ({
  gateway: 'g',
  batch: '250ms',
  sources: {
    s: {
      type: 'script',
      wait: 0,
      time: { path: 't', unit: 'us' },
      decode: { type: 'json' },
      unit: { temp: '°C', power: 'mW' },
      calibrate: { power: { scale: 0.001, unit: 'W' } },
      ...source,
    },
  },
  windows: { w: { every: '1s', reduce: { '*': ['mean', 'variance', 'count'] }, to: ['out'], ...window } },
  sinks: { out: { type: 'memory' } },
})

async function started(config: object) {
  const due: string[][] = []
  const rig = new Rig({
    config,
    onPoints: ({ device, lines, correction, field, firstField }) => {
      for (let i = 0; i < lines; i++) {
        const names = field.slice(firstField[i], firstField[i + 1]).map(({ name }) => name)
        due.push([device[i].tags.map((tag) => tag.join('=')).join(','), names.join(), correction[i] ? 'again' : ''])
      }
    },
  })
  await rig.start()
  await rig.advance(2000)
  const say = async (fields: object, atS: number, device = 'd') => {
    await rig.push('s', device, JSON.stringify({ t: T0 + atS * S, ...fields }))
    rig.script('s').out.endBurst()
  }
  return { rig, due, say }
}

test('a line a unit, with the unit of its values as a tag; what has none is a line without it', async () => {
  const { rig, say } = await started(config({ unitTag: 'unit' }))
  await say({ temp: 20, power: 1000, other: 1 }, 2)
  await say({ temp: 22, power: 3000, other: 3 }, 2.5)
  await rig.stop()
  assert.deepEqual(rig.sunk.get('out'), [
    'w,device=d,gateway=g,source=s,unit=°C temp_mean=21 1704067202000000000',
    'w,device=d,gateway=g,source=s,unit=°C² temp_variance=2 1704067202000000000',
    'w,device=d,gateway=g,source=s temp_count=2i,power_count=2i,other_mean=2,other_variance=2,other_count=2i 1704067202000000000',
    'w,device=d,gateway=g,source=s,unit=W power_mean=2 1704067202000000000',
    'w,device=d,gateway=g,source=s,unit=W² power_variance=2 1704067202000000000',
  ])
  const [{ points }] = rig.gateway.status().sinks
  assert.deepEqual([points.emitted, points.delivered], [5, 5])
  assert.equal(rig.gateway.status().windows[0].lines, 5)
})

test('a correction that brings another field repeats the lines of before under the same tags', async () => {
  const { rig, due, say } = await started(config({ unitTag: 'unit', reduce: ['mean'] }))
  await rig.advance(1500)
  await say({ temp: 20 }, 2)
  await rig.advance(1000)
  await say({ power: 3 }, 2.5)
  await rig.advance(1000)
  const tags = 'device=d,gateway=g,source=s'
  assert.deepEqual(due, [
    [`${tags},unit=°C`, 'temp_mean', ''],
    [`${tags},unit=°C`, 'temp_mean', 'again'],
    [`${tags},unit=W`, 'power_mean', 'again'],
  ])
  assert.equal(rig.gateway.status().windows[0].corrections, 2)
  await rig.stop()
})

test('a device that has such a tag keeps its own, and stays one line', async () => {
  const { rig, say } = await started(config({ unitTag: 'device', reduce: ['mean'] }))
  await say({ temp: 20, power: 1000 }, 2)
  await rig.stop()
  assert.deepEqual(rig.sunk.get('out'), ['w,device=d,gateway=g,source=s temp_mean=20,power_mean=1 1704067202000000000'])
})

test('without it nothing is split, and /status says the units: those of calibration before all others', async () => {
  const { rig, say } = await started(config({}, { unit: { temp: '°C', power: 'mW', late: 's' } }))
  await say({ temp: 20, power: 1000, other: 1 }, 2)
  const { out, channels } = rig.script('s')
  channels.set('e', out.channel({ name: 'e', input: 0, tags: { device: 'e' }, units: { power: 'hp', flow: 'l/s' } }))
  await say({ power: 1, flow: 2 }, 2, 'e')
  await rig.advance(250)
  const { units } = rig.gateway.status().windows[0]
  assert.deepEqual(units, {
    ...{ temp_mean: ['°C'], temp_variance: ['°C²'], power_mean: ['W'], power_variance: ['W²'] },
    ...{ flow_mean: ['l/s'], flow_variance: ['(l/s)²'] },
  })
  await rig.stop()
  assert.equal(rig.sunk.get('out')!.length, 2)
})

test('where devices differ, /status says each unit', async () => {
  const { rig, say } = await started(config({ reduce: ['mean', 'count'] }, { unit: {}, calibrate: {} }))
  const { out, channels } = rig.script('s')
  for (const [name, unit] of Object.entries({ a: 'K', b: '°C', c: 'K' })) {
    channels.set(name, out.channel({ name, input: 0, tags: { device: name }, units: { temp: unit } }))
    await say({ temp: 1 }, 2, name)
  }
  await rig.advance(250)
  assert.deepEqual(rig.gateway.status().windows[0].units, { temp_mean: ['K', '°C'] })
  await rig.stop()
})
