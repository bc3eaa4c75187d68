import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../support/rig.js'

const config = (unit: object) => ({
  batch: '250ms',
  sources: { s: { type: 'script', decode: { type: 'json' }, unit } },
  windows: { second: { of: '*', every: '1s', reduce: ['mean', 'variance', 'count'] } },
})

test('units follow through the reductions, those of the configuration before those of the sender', async () => {
  const units = new Map<string, string>()
  const rig = new Rig({
    config: config({ temp: '°C' }),
    onPoints: (points) => {
      for (let i = 0; i < points.lines; i++)
        for (const field of points.field.slice(points.firstField[i], points.firstField[i + 1]))
          units.set(field.name, field.unitOf(points.device[i].units.get(field.of) ?? ''))
    },
  })
  await rig.start()
  await rig.advance(1000)
  const { out, channels } = rig.script('s')
  channels.set('m', out.channel({ name: 'm', input: 0, tags: {}, units: { temp: 'K', flow: 'l/s' } }))
  for (let i = 0; i < 2; i++) await rig.push('s', 'm', '{"temp":1,"flow":2,"other":3}')
  await rig.advance(2000)
  await rig.stop()
  assert.deepEqual(Object.fromEntries(units), {
    ...{ temp_mean: '°C', temp_variance: '°C²', temp_count: '' },
    ...{ flow_mean: 'l/s', flow_variance: '(l/s)²', flow_count: '' },
    ...{ other_mean: '', other_variance: '', other_count: '' },
  })
})

test('a field called as what every object has is without a unit, or has its own', async () => {
  const known: [string, unknown][] = []
  const rig = new Rig({
    config: config({}),
    onPoints: ({ device }) => {
      for (const { units } of device) known.push(...units)
    },
  })
  await rig.start()
  await rig.advance(1000)
  const { out, channels } = rig.script('s')
  const units = JSON.parse('{"__proto__":"K"}')
  channels.set('m', out.channel({ name: 'm', input: 0, tags: {}, units }))
  await rig.push('s', 'm', '{"constructor":1,"__proto__":2}')
  await rig.advance(2000)
  await rig.stop()
  assert.deepEqual(known, [['__proto__', 'K']])
})
