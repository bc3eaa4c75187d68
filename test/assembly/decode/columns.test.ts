import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as layout from '../../../assembly/layout.js'
import { DecodeRig, type RigOptions } from '../../support/decode-rig.js'

const time = { kind: 'path', path: 'ts', unit: 'ms', missing: 'reject', rateHz: 3 } as const

const rows = (n: number, id = 'n') =>
  `[${Array.from({ length: n }, (_, i) => `{"ts":${i},"a":${i},"b":-1,"id":"${id}"}`)}]`
const frames = [
  '{"ts":1,"a":1,"b":2}',
  rows(23),
  '{"ts":1,"x":[1,2,3,4,null,6,7,8,9,10,"q",12],"a":5,"y":[1,2,3]}',
  '{"ts":1,"a":}',
  `${rows(9).slice(0, -1)},{"ts":7,"a":}]`,
  '{"a":1}',
  '{"ts":[1,2,3,4,5,6,7,8,9,10],"x":[1,2,3,4,5,6,7,8,9],"y":[1]}',
  rows(12, 'other'),
  '{"c":1}',
]
const inputs: Record<string, RigOptions> = {
  'declared fields and arrays': { input: { time, options: { fields: ['a', 'b'], samples: ['x', 'y'] } } },
  'every number': { input: { time } },
  'devices of the payload': {
    input: { time, payloadTags: { id: 'id' }, options: { fields: ['b', 'a'], samples: 'x' } },
  },
  'too many series': { input: { time }, maxSeries: 1 },
}

for (const [name, options] of Object.entries(inputs)) {
  const whole = new DecodeRig(options).decode(frames)

  test(`${name}: columns of 1 to 8 rows give the same as large ones`, () => {
    assert.ok(whole.samples.length > 20)
    for (let size = 1; size <= 8; size++)
      for (const runs of [1, 2, 100]) {
        const small = new DecodeRig({ ...options, rows: size, runs }).decode(frames)
        assert.deepEqual(small.samples, whole.samples)
        assert.deepEqual(small.counts, whole.counts)
        assert.ok(small.stops.includes(layout.STOP_FULL))
        assert.ok(Math.max(...small.handed) <= size)
      }
  })

  test(`${name}: a block a frame gives the same as one block`, () => {
    const single = new DecodeRig(options)
    for (const frame of frames) single.decode([frame])
    assert.deepEqual([single.samples, single.counts], [whole.samples, whole.counts])
  })

  test(`${name}: lines give what frames give`, () => {
    for (const size of [1, 5, 1000]) {
      const lines = new DecodeRig({ ...options, rows: size }).decode([frames.join('\n'), ''], layout.FLAG_LINES)
      assert.deepEqual([lines.samples, lines.counts], [whole.samples, { ...whole.counts, in: frames.length }])
    }
  })
}

test('a frame that finds too little room waits for empty columns', () => {
  const rig = new DecodeRig({ input: { time }, rows: 8 }).decode(['{"ts":1,"a":1}', rows(3), rows(4), rows(5)])
  assert.deepEqual(rig.handed, [7, 8, 8, 2])
})

test('of a frame that is broken behind the first piece nothing is kept', () => {
  const rig = new DecodeRig({ input: { time }, rows: 4 }).decode([`${rows(100)}]`])
  assert.deepEqual([rig.samples, rig.counts.undecodable, rig.counts.samplesDecoded], [[], 1, 0])
})
