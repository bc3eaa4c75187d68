import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChannelSpec } from '../../src/model/source.js'
import type { Taps } from '../../src/model/taps.js'
import { feed } from '../../src/tail/feed.js'
import { filterQuery, readQuery } from '../../src/tail/filter.js'
import { points } from '../support/points.js'

/** A gateway that a test speaks for. */
function tapped() {
  const held = new Set<Taps>()
  return {
    tap(taps: Taps) {
      held.add(taps)
      return () => void held.delete(taps)
    },
    looking: () => held.size,
    frame(text: string | Uint8Array, channel: Partial<ChannelSpec> = {}, source = 'plant', flags = 0) {
      const bytes = Buffer.from(text as string)
      const spec = { name: 'a/b', input: 0, tags: {}, ...channel }
      for (const taps of held)
        taps.frame?.(source, spec, { bytes, start: 0, end: bytes.length, arrivalUs: 1e6, flags, packetId: 0 })
    },
    points(rows: Parameters<typeof points>[0]) {
      for (const taps of held) taps.points?.(points(rows))
    },
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Record<string, unknown>[]> {
  const { value } = await reader.read()
  return Buffer.from(value!)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('frames as text, as hexadecimal digits where they are none, and cut where they are long', async () => {
  const gateway = tapped()
  const reader = feed('frames', {}, gateway.tap).getReader()
  gateway.frame('{"a":1}\u001b[2J')
  gateway.frame(Uint8Array.of(0, 255, 1))
  gateway.frame('x'.repeat(10_000), {}, 'plant', 2)
  const [text, hex, long] = await read(reader)
  assert.deepEqual(text, { source: 'plant', channel: 'a/b', arrivalUs: 1e6, bytes: 11, text: '{"a":1}\u001b[2J' })
  assert.deepEqual(hex, { source: 'plant', channel: 'a/b', arrivalUs: 1e6, bytes: 3, hex: '00ff01' })
  assert.equal((long.text as string).length, 4096)
  assert.deepEqual([long.bytes, long.retained], [10_000, true])
})

test('only what the filter takes', async () => {
  const gateway = tapped()
  const frames = feed('frames', { source: 'p*', channel: '*/temp', tags: { room: 'lab' } }, gateway.tap).getReader()
  gateway.frame('1', { name: 'x/temp', tags: { room: 'lab' } })
  gateway.frame('2', { name: 'x/hum', tags: { room: 'lab' } })
  gateway.frame('3', { name: 'x/temp', tags: { room: 'hall' } })
  gateway.frame('4', { name: 'x/temp', tags: { room: 'lab' } }, 'other')
  assert.deepEqual(
    (await read(frames)).map(({ text }) => text),
    ['1'],
  )
  const fields = feed('points', { field: 'temp*', tags: { machine: 'm?' } }, gateway.tap).getReader()
  gateway.points([
    { tags: { machine: 'm1' }, fields: { temp_mean: 1, hum_mean: 2 } },
    { tags: { machine: 'm22' }, fields: { temp_mean: 3 } },
    { tags: { machine: 'm2' }, fields: { hum_mean: 4 }, correction: true },
    { tags: { machine: 'm3' }, fields: { temp_max: 5 }, correction: true },
  ])
  const seen = await read(fields)
  assert.deepEqual(
    seen.map(({ fields, corrected }) => [fields, corrected]),
    [
      [{ temp_mean: 1 }, undefined],
      [{ temp_max: 5 }, true],
    ],
  )
})

test('what a slow reader misses is counted, and told', async () => {
  const gateway = tapped()
  const reader = feed('frames', {}, gateway.tap).getReader()
  for (let i = 0; i < 5000; i++) gateway.frame(String(i))
  const first = await read(reader)
  assert.equal(first.length, 2001)
  assert.deepEqual(first.at(-1), { missed: 3000 })
  gateway.frame('on')
  assert.deepEqual(
    (await read(reader)).map(({ text }) => text),
    ['on'],
  )
  // Long payloads count by their length.
  for (let i = 0; i < 1000; i++) gateway.frame('x'.repeat(4000))
  assert.ok((await read(reader)).length < 300)
})

test('a reader that goes is looked for no more', async () => {
  const gateway = tapped()
  assert.equal(gateway.looking(), 0)
  const stream = feed('points', {}, gateway.tap)
  assert.equal(gateway.looking(), 1)
  await stream.cancel()
  assert.equal(gateway.looking(), 0)
})

test('a filter survives the address', () => {
  const filter = { source: 'a&b', field: 'x*', window: 's?', channel: 'plant/+/=', tags: { room: 'a=b', ö: '*' } }
  assert.deepEqual(readQuery(new URLSearchParams(filterQuery('samples', filter))), { kind: 'samples', filter })
  assert.deepEqual(readQuery(new URLSearchParams('')), { kind: 'points', filter: { tags: {} } })
  assert.equal(readQuery(new URLSearchParams('of=all')), undefined)
  assert.equal(readQuery(new URLSearchParams('tag=room')), undefined)
})
