import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as layout from '../../assembly/layout.js'
import { codecs } from '../../src/codecs/index.js'
import { compileInput } from '../../src/codecs/program.js'
import { MemoryArena } from '../../src/memory/arena.js'
import type { InputPlan } from '../../src/model/plan.js'

const makeArena = (bytes = 1 << 20) =>
  new MemoryArena(new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true }), 4096, 4096 + bytes)

const plan: InputPlan = {
  time: { kind: 'path', path: 'ts', unit: 'iso', zone: 'Europe/Berlin', missing: 'arrival', rateHz: 12.5 },
  decode: {
    type: 'json',
    options: { fields: { t: 'temp', on: 'state' }, map: { state: { AN: 1, AUS: 0 } }, strings: 'parse', samples: 't' },
  },
  payloadTags: { line: 'at.line', id: 'id' },
  constantTags: {},
}

test('an input becomes a program record', () => {
  const arena = makeArena()
  const program = compileInput(plan, codecs, arena)
  assert.deepEqual([program.fields, program.tagNames, program.layout], [['t', 'on'], ['line', 'id'], undefined])
  const get = (offset: number, record = program.address) => arena.u32[(record + offset) / 4]
  const text = (address: number, bytes: number) => Buffer.from(arena.u8.slice(address, address + bytes)).toString()
  assert.equal(get(layout.PROGRAM_CODEC), layout.CODEC_JSON)
  assert.equal(get(layout.PROGRAM_TIME_UNIT), layout.TIME_ISO)
  assert.equal(get(layout.PROGRAM_TIME_MISSING), 1)
  assert.equal(get(layout.PROGRAM_TAGS), 2)
  assert.equal(arena.f64[(program.address + layout.PROGRAM_RATE) / 8], 12.5)
  assert.equal(arena.f64[get(layout.PROGRAM_ZONE) / 8], Number.NEGATIVE_INFINITY)
  assert.ok(get(layout.PROGRAM_ZONE_LENGTH) > 100)

  assert.equal(get(layout.PROGRAM_FIELDS), 2)
  const list = get(layout.PROGRAM_FIELD_LIST)
  const field = (i: number, offset: number) => get(offset, list + i * layout.FIELD_BYTES)
  assert.equal(text(field(0, layout.FIELD_NAME), field(0, layout.FIELD_NAME_BYTES)), 't')
  assert.equal(field(0, layout.FIELD_FLAGS), layout.FIELD_PARSE | layout.FIELD_SAMPLES)
  assert.deepEqual([field(0, layout.FIELD_MAP_LENGTH), field(1, layout.FIELD_MAP_LENGTH)], [0, 2])
  const map = field(1, layout.FIELD_MAP)
  assert.equal(text(get(layout.MAP_TEXT, map), get(layout.MAP_TEXT_BYTES, map)), 'AN')
  assert.equal(arena.f64[(map + layout.MAP_VALUE) / 8], 1)
})

test('arrival needs neither zone nor rate', () => {
  const arena = makeArena()
  const { address } = compileInput(
    { ...plan, time: { kind: 'arrival' }, decode: { type: 'json', options: {} } },
    codecs,
    arena,
  )
  for (const offset of [layout.PROGRAM_TIME_UNIT, layout.PROGRAM_ZONE, layout.PROGRAM_FIELDS])
    assert.equal(arena.u32[(address + offset) / 4], 0)
})

test('a plan that the arena has no room for is refused, not truncated', () => {
  assert.throws(() => compileInput(plan, codecs, makeArena(2048)), /cannot keep the plan in memory.*raise maxMemory/)
})
