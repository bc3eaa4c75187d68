import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { type InfluxOptions, influx } from '../../src/codecs/influx.js'
import type { CodecInput } from '../../src/model/codec.js'
import { Rig } from '../support/rig.js'

const options = v.strictObject(influx.options)
const check = (given: object, more: Partial<CodecInput> = {}) =>
  [
    influx.check(v.parse(options, given) as unknown as InfluxOptions, { hasRate: false, tagPaths: [], ...more }) ?? '',
  ].join()

test('what goes together has no problem', () => {
  assert.equal(check({}), '')
  assert.equal(check({ fields: { load: 'load 1' }, tags: ['host'] }, { timePath: 'time', timeUnit: 'ns' }), '')
  assert.equal(check({ fields: ['a'], measurement: false }, { tagPaths: ['host'], sequencePath: 'a' }), '')
})

test('what does not is told', () => {
  assert.match(check({}, { timePath: 'ts', timeUnit: 'ms' }), /cannot take the time from "ts": .* path: time/)
  assert.match(check({}, { timePath: 'time', timeUnit: 'iso' }), /cannot read an iso time/)
  assert.match(check({}, { hasRate: true }), /rate/)
  assert.match(check({}, { hasClock: true }), /count/)
  assert.match(check({ tags: ['a', 'b', 'a'] }), /the tag "a" twice/)
  assert.match(check({ tags: ['a'] }, { tagPaths: ['a'] }), /the tag "a" twice/)
  assert.match(check({ tags: ['measurement'] }), /two tags "measurement"/)
  assert.match(
    check({ tags: Array.from({ length: 15 }, (_, i) => `t${i}`) }),
    /cannot take 16 tags by name.* at most 15/,
  )
  assert.match(check({ fields: { a: 'x', b: 'x' } }), /two fields from "x"/)
  assert.match(check({ map: { state: { ON: 1 } } }), /no field is named so/)
})

test('options that are none are refused by the schema', () => {
  for (const wrong of [{ measurement: true }, { measurement: 'a b' }, { tags: 'a' }, { tags: [''] }, { samples: 'x' }])
    assert.equal(v.safeParse(options, wrong).success, false, JSON.stringify(wrong))
})

test('lines become points of their tags, and the ledger balances', async () => {
  const tags: unknown[] = []
  const rig = new Rig({
    config: {
      sources: {
        s: {
          type: 'script',
          time: { path: 'time', unit: 's' },
          tags: { hall: '3' },
          decode: { type: 'influx', strings: 'parse' },
        },
      },
      windows: { w: { every: '1s', reduce: ['count', 'sum'] } },
    },
    onPoints: ({ device }) => {
      for (const one of device) tags.push(Object.fromEntries(one.tags.filter(([name]) => name !== 'gateway')))
    },
  })
  await rig.start()
  await rig.advance(1000)
  const lines = [
    'cpu,host=a\\ b,hall=9,source=x usage=1.5,idle=t,note="fine" 1704067201',
    'cpu,source=x,hall=9,host=a\\ b usage=2.5,free="7" 1704067201',
    '# no data',
    'mem usage=4i 1704067201',
    'mem usage=4i',
    'mem usage 1704067201',
  ]
  const { out, channels } = rig.script('s')
  channels.set('m', out.channel({ name: 'm', input: 0, tags: { hall: '3' } }))
  await rig.push('s', 'm', lines.join('\n'))
  await rig.advance(20_000)
  const { frames } = rig.gateway.status().sources[0]
  assert.deepEqual(
    { in: frames.in, decoded: frames.decoded, filtered: frames.filtered, undecodable: frames.undecodable },
    { in: 6, decoded: 4, filtered: 1, undecodable: 1 },
  )
  await rig.stop()
  const own = { ...{ hall: '3', host: 'a b', measurement: 'cpu', payload_hall: '9', payload_source: 'x' }, source: 's' }
  assert.deepEqual(tags, [own, { hall: '3', measurement: 'mem', source: 's' }])
  assert.deepEqual(
    rig.due.map(({ fields }) => fields),
    [
      { usage_count: 2, usage_sum: 4, idle_count: 1, idle_sum: 1, free_count: 1, free_sum: 7 },
      { usage_count: 1, usage_sum: 4 },
    ],
  )
})
