import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WHY_SYNTAX } from '../../assembly/layout.js'
import { type RowField, rowBytes, rowLayout } from '../../src/codecs/bridge.js'
import { sourceCodecs } from '../../src/codecs/index.js'
import { DecodeRig } from '../support/decode-rig.js'
import { testArena } from '../support/probe.js'

const WRITE: Record<RowField['type'], (bytes: Buffer, value: number, at: number) => void> = {
  u8: (bytes, value, at) => bytes.writeUInt8(value, at),
  i8: (bytes, value, at) => bytes.writeInt8(value, at),
  u16: (bytes, value, at) => bytes.writeUInt16LE(value, at),
  i16: (bytes, value, at) => bytes.writeInt16LE(value, at),
  u32: (bytes, value, at) => bytes.writeUInt32LE(value, at),
  i32: (bytes, value, at) => bytes.writeInt32LE(value, at),
  f32: (bytes, value, at) => bytes.writeFloatLE(value, at),
}

const field = (type: RowField['type'], scale: Partial<RowField> = {}): RowField => ({
  name: type,
  type,
  offset: 0,
  multiplier: 1,
  divisor: 1,
  ...scale,
})

function frame(fields: RowField[], rows: number[][], timeUs: number, stepUs: number): Buffer {
  const bytes = Buffer.alloc(16 + rows.length * rowBytes(fields))
  bytes.writeDoubleLE(timeUs, 0)
  bytes.writeDoubleLE(stepUs, 8)
  let at = 16
  for (const row of rows)
    for (const [i, { type }] of fields.entries()) {
      WRITE[type](bytes, row[i], at)
      at += rowBytes([fields[i]])
    }
  return bytes
}

const rig = (fields: RowField[], options: { rows?: number; runs?: number } = {}) =>
  new DecodeRig({
    input: { time: { kind: 'frame' }, decode: { type: 'bridge', options: {} } },
    layout: rowLayout(fields),
    ...options,
  })

const ENDS: Record<RowField['type'], [low: number, high: number]> = {
  u8: [0, 255],
  i8: [-128, 127],
  u16: [0, 65535],
  i16: [-32768, 32767],
  u32: [0, 2 ** 32 - 1],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  f32: [Math.fround(-3.4e38), Math.fround(1.1)],
}

test('every type with every scale is (raw + offset) × multiplier ÷ divisor in f64, field by field', () => {
  const types = Object.keys(ENDS) as RowField['type'][]
  for (const [offset, multiplier, divisor] of [
    [0, 1, 1],
    [-2048, 3300, 4095],
    [-(2 ** 31), 2 ** 31 - 1, 2 ** 32 - 1],
    [7, -(2 ** 31), 3],
  ]) {
    const fields = types.map((type) => field(type, { offset, multiplier, divisor }))
    const rows = [0, 1, 0].map((end) => types.map((type) => ENDS[type][end]))
    const { samples, counts } = rig(fields)
      .decode([frame(fields, rows, 1e15, 250)])
      .take()
    assert.deepEqual(
      samples,
      types.flatMap((type, f) =>
        rows.map((row, i) => ({
          device: '',
          field: type,
          timeUs: 1e15 + i * 250,
          value: ((row[f] + offset) * multiplier) / divisor,
          rateHz: 4000,
        })),
      ),
    )
    assert.deepEqual([counts.decoded, counts.samplesDecoded], [1, types.length * 3])
  }
})

test('one row is single samples, without a run', () => {
  const fields = [field('i16'), field('u8')]
  const { samples } = rig(fields)
    .decode([frame(fields, [[-5, 9]], 2e15, 0)])
    .take()
  assert.deepEqual(samples, [
    { device: '', field: 'i16', timeUs: 2e15, value: -5 },
    { device: '', field: 'u8', timeUs: 2e15, value: 9 },
  ])
})

test('NaN says that there is no reading, infinity can not be read', () => {
  const fields = [field('f32')]
  const rows = [[1], [Number.NaN], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY], [5]]
  const { samples, counts } = rig(fields)
    .decode([frame(fields, rows, 1e15, 1000)])
    .take()
  assert.deepEqual(
    samples.map(({ timeUs, value }) => [timeUs - 1e15, value]),
    [
      [0, 1],
      [4000, 5],
    ],
  )
  assert.deepEqual([counts.samplesDecoded, counts.samplesFiltered, counts.samplesInvalid], [5, 1, 2])
})

test('frames that are none are undecodable and keep nothing', () => {
  const fields = [field('u16'), field('u8')]
  const whole = frame(
    fields,
    [
      [1, 2],
      [3, 4],
    ],
    1e15,
    1000,
  )
  const backwards = frame(
    fields,
    [
      [1, 2],
      [3, 4],
    ],
    1e15,
    Number.NaN,
  )
  for (const bytes of [whole.subarray(0, 16), whole.subarray(0, 0), whole.subarray(0, 21), backwards]) {
    const decoder = rig(fields).decode([bytes])
    assert.equal(decoder.bad?.why, WHY_SYNTAX)
    const { samples, counts } = decoder.take()
    assert.deepEqual([samples.length, counts.undecodable, counts.decoded], [0, 1, 0])
  }
  const { counts } = rig(fields)
    .decode([frame(fields, [[1, 2]], Number.NaN, 0)])
    .take()
  assert.deepEqual([counts.samplesInvalid, counts.samplesDecoded], [2, 2])
})

test('the size of the columns changes nothing', () => {
  const fields = [field('i16'), field('u8')]
  const rows = Array.from({ length: 100 }, (_, i) => [i * 300 - 15_000, i])
  const frames = [0, 1, 2].map((i) => frame(fields, rows, 1e15 + i * 1e6, 10_000))
  const wanted = rig(fields).decode(frames).take()
  assert.equal(wanted.samples.length, 600)
  for (const columns of [7, 64, 200, 250])
    assert.deepEqual(rig(fields, { rows: columns }).decode(frames).take(), wanted)
})

test('a layout that is none is refused with a reason', () => {
  const { layout } = sourceCodecs[0].compile({} as never, { hasRate: false, tagPaths: [] }, testArena(16))
  for (const text of [
    '',
    '{}',
    '[]',
    '[["a","u9",0,1,1]]',
    '[["a","u8",0,1,0]]',
    '[["a","u8",0,null,1]]',
    '[[1,"u8",0,1,1]]',
  ])
    assert.equal(typeof layout!(text), 'string', text)
  assert.equal(typeof layout!(rowLayout([field('u8')])), 'number')
})
