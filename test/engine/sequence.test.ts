import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Sizes } from '../../src/engine/engine-memory.js'
import { Rig } from '../support/rig.js'

const config = (source: object = {}, more: object = {}) => ({
  batch: '250ms',
  maxMemory: '8MiB',
  maxSeries: 100,
  sources: { s: { type: 'script', decode: { type: 'json' }, sequence: 'seq', ...source } },
  windows: { w: { every: '1s', reduce: ['count', 'sum'] } },
  ...more,
})

async function started(config: object, sizes: Partial<Sizes> = {}) {
  const rig = new Rig({ config, sizes })
  await rig.start()
  await rig.advance(1000)
  return {
    rig,
    /** Messages of one device, by their numbers alone. */
    say: async (numbers: readonly unknown[], device = 'd') => {
      for (const seq of numbers) await rig.push('s', device, JSON.stringify({ seq, x: 1 }))
    },
    counts: async () => {
      await rig.advance(250)
      const { samples, wire } = rig.gateway.status().sources[0]
      return { reduced: samples.reduced, duplicate: samples.duplicate, missing: wire.missing }
    },
  }
}

test('a message that comes again counts as duplicate and changes nothing; numbers passed over are missing', async () => {
  const { rig, say, counts } = await started(config())
  await say([10, 11, 11, 12, 10, 15, 16, 12])
  assert.deepEqual(await counts(), { reduced: 5, duplicate: 3, missing: 2 })
  // Another device has its own numbers.
  await say([10, 11], 'e')
  assert.deepEqual(await counts(), { reduced: 7, duplicate: 3, missing: 2 })
  await rig.advance(2000)
  assert.deepEqual(
    rig.due.map(({ device, fields }) => [device, fields]),
    [
      ['d', { x_count: 5, x_sum: 5 }],
      ['e', { x_count: 2, x_sum: 2 }],
    ],
  )
  await rig.stop()
})

test('a gap that is filled late is taken off those that are missing next, so that the counter never falls', async () => {
  const { rig, say, counts } = await started(config())
  // Within a batch it is as if nothing had been missing.
  await say([1, 3, 2, 4])
  assert.deepEqual(await counts(), { reduced: 4, duplicate: 0, missing: 0 })
  await say([7])
  assert.deepEqual(await counts(), { reduced: 5, duplicate: 0, missing: 2 })
  await say([5, 5])
  assert.deepEqual(await counts(), { reduced: 6, duplicate: 1, missing: 2 })
  await say([9])
  assert.deepEqual(await counts(), { reduced: 7, duplicate: 1, missing: 2 })
  await say([11])
  assert.deepEqual(await counts(), { reduced: 8, duplicate: 1, missing: 3 })
  await rig.stop()
})

test('numbers before the first one were never missing, and come late like any other', async () => {
  const { rig, say, counts } = await started(config())
  await say([100, 98, 99, 98, 101, 103])
  assert.deepEqual(await counts(), { reduced: 5, duplicate: 1, missing: 1 })
  await rig.stop()
})

test('64 numbers are remembered; one further behind is a device that begins anew, and so is one very far ahead', async () => {
  const { rig, say, counts } = await started(config())
  await say([1000, ...Array.from({ length: 63 }, (_, i) => 1001 + i), 1000])
  assert.deepEqual(await counts(), { reduced: 64, duplicate: 1, missing: 0 })
  await say([1064, 1000, 1001, 1002, 1000])
  assert.deepEqual(await counts(), { reduced: 68, duplicate: 2, missing: 0 })
  await say([1e12, 1e12 + 1])
  assert.deepEqual(await counts(), { reduced: 70, duplicate: 2, missing: 0 })
  await say([0, 1, 2, -1, 1])
  assert.deepEqual(await counts(), { reduced: 74, duplicate: 3, missing: 0 })
  await rig.stop()
})

test('numbers wrap at the modulus', async () => {
  const { rig, say, counts } = await started(config({ sequence: { path: 'seq', modulus: 256 } }))
  await say([254, 255, 0, 255, 2, 1, 254, 0])
  assert.deepEqual(await counts(), { reduced: 5, duplicate: 3, missing: 0 })
  // Beyond the modulus, or below 0, is no number.
  await say([256, -1, 256])
  assert.deepEqual(await counts(), { reduced: 8, duplicate: 3, missing: 0 })
  await rig.stop()
})

test('what is no whole number says nothing: such messages are taken as they come', async () => {
  const { rig, say, counts } = await started(config({ decode: { type: 'json', fields: ['x'] } }))
  for (const odd of [null, '', 'seven', 1.5, true, [3], {}, 1e300, undefined]) await say([odd, odd])
  assert.deepEqual(await counts(), { reduced: 18, duplicate: 0, missing: 0 })
  // A number as text is one.
  await say(['7', 7, '7', 8])
  assert.deepEqual(await counts(), { reduced: 20, duplicate: 2, missing: 0 })
  await rig.stop()
})

test('the number is no sample, unless it is a field too', async () => {
  const open = await started(config())
  await open.say([1, 2])
  assert.equal((await open.counts()).reduced, 2)
  await open.rig.stop()
  const named = await started(config({ decode: { type: 'json', fields: ['x', 'seq'] } }))
  await named.say([1, 2, 2])
  assert.deepEqual(await named.counts(), { reduced: 4, duplicate: 2, missing: 0 })
  await named.rig.stop()
})

test('messages without a usable sample came all the same', async () => {
  const { rig, say, counts } = await started(
    config({ time: { path: 't', unit: 's', or: 'arrival' }, decode: { type: 'json', fields: ['x'] } }),
  )
  await say([1])
  await rig.push('s', 'd', '{"seq":2,"x":null}')
  await rig.push('s', 'd', '{"seq":3}')
  await rig.push('s', 'd', '{"seq":4,"x":1,"t":"never"}')
  // Broken: it may have been any.
  await rig.push('s', 'd', '{"seq":5,"x":1')
  await say([6])
  assert.deepEqual(await counts(), { reduced: 2, duplicate: 0, missing: 1 })
  await rig.stop()
})

test('rows of one message are each of their device; equal numbers in one message are the same message', async () => {
  const { rig, counts } = await started(config({ tags: { device: '{.id}' } }))
  const rows = (...rows: [id: string, seq: number][]) =>
    rig.push('s', '', JSON.stringify(rows.map(([id, seq]) => ({ id, seq, x: 1 }))))
  await rows(['a', 1], ['b', 7], ['a', 1], ['a', 2], ['b', 9], ['a', 1])
  assert.deepEqual(await counts(), { reduced: 6, duplicate: 0, missing: 1 })
  await rows(['a', 2], ['b', 8], ['a', 3], ['b', 8], ['a', 2])
  assert.deepEqual(await counts(), { reduced: 9, duplicate: 2, missing: 1 })
  await rig.stop()
})

test('a broken message takes back what its first rows said', async () => {
  const { rig, counts } = await started(config({ tags: { device: '{.id}' } }))
  await rig.push('s', '', '[{"id":"a","seq":1,"x":1},{"id":"a","seq":9,"x":1},{"id":"b","seq":1,"x":1}')
  await rig.push('s', '', '[{"id":"a","seq":1,"x":1},{"id":"b","seq":1,"x":1}]')
  assert.deepEqual(await counts(), { reduced: 2, duplicate: 0, missing: 0 })
  await rig.stop()
})

test('of a message of very many devices the first 1,024 are judged, the others taken as they come', async () => {
  const { rig, counts } = await started(config({ tags: { device: '{.id}' } }, { maxSeries: 1100 }))
  const text = JSON.stringify(Array.from({ length: 1100 }, (_, id) => ({ id: `d${id}`, seq: 5, x: 1 })))
  await rig.push('s', '', text)
  await rig.push('s', '', text)
  assert.deepEqual(await counts(), { reduced: 1100 + 76, duplicate: 1024, missing: 0 })
  await rig.stop()
})

test('arrays in a message that came again are duplicates, element by element', async () => {
  const { rig, counts } = await started(
    config({
      time: { path: 't', unit: 'us', rate: 100 },
      decode: { type: 'json', samples: ['x'], fields: ['x', 'y'] },
    }),
  )
  const t = rig.clock.nowUs()
  for (const seq of [1, 2, 2]) await rig.push('s', 'd', JSON.stringify({ seq, t, x: [1, 2, 3, 4], y: 1 }))
  for (const seq of [3, 3]) await rig.push('s', 'd', JSON.stringify({ seq, t, x: [1, 2, 3, 4] }))
  assert.deepEqual(await counts(), { reduced: 14, duplicate: 9, missing: 0 })
  await rig.stop()
})

test('lines of CSV are messages of their own', async () => {
  const { rig, counts } = await started(
    config({ sequence: { path: 'n', modulus: 65536 }, decode: { type: 'csv', columns: ['n', 'x', 'y'] } }),
  )
  await rig.push('s', 'd', '65534,1,2\n65535,1,2\n65535,1,2\n"1",1,2\n,1,2\nx,1,2\n')
  assert.deepEqual(await counts(), { reduced: 10, duplicate: 2, missing: 1 })
  await rig.stop()
})

test('a forgotten device begins anew, whether its number goes to another or stays with its topic', async () => {
  for (const tags of [{}, { device: '{.id}' }]) {
    const { rig, say, counts } = await started(config({ forget: '1min', tags }, { maxSeries: 1 }))
    await say([5, 6, 6])
    assert.deepEqual(await counts(), { reduced: 2, duplicate: 1, missing: 0 })
    rig.script('s').out.endBurst()
    await rig.advance(121_000)
    await rig.push('s', 'd', 'broken')
    rig.script('s').out.endBurst()
    await rig.advance(250)
    assert.equal(rig.gateway.status().series, 0)
    await say([6, 5, 9, 9])
    assert.deepEqual(await counts(), { reduced: 5, duplicate: 2, missing: 2 })
    await rig.stop()
  }
})

test('duplicates are no value for a deadband', async () => {
  const { rig, counts } = await started(config({ deadband: { x: 5 } }))
  for (const [seq, x] of [
    [1, 0],
    [1, 100],
    [2, 1],
    [3, 98],
  ])
    await rig.push('s', 'd', JSON.stringify({ seq, x }))
  assert.deepEqual(await counts(), { reduced: 2, duplicate: 1, missing: 0 })
  assert.equal(rig.gateway.status().sources[0].samples.filtered, 1)
  await rig.stop()
})

// ---- against a model that keeps every number

interface Message {
  device: string
  seq: number
}

function model(frames: readonly (readonly Message[])[], modulus: number) {
  const half = modulus / 2
  const devices = new Map<string, { last: number; first: number; seen: Set<number> }>()
  const counts = { reduced: 0, duplicate: 0, missing: 0 }
  for (const frame of frames) {
    const before = new Map([...devices].map(([name, { last, seen }]) => [name, { last, seen: new Set(seen) }]))
    // Numbers unwrapped: the nearest to the last one; of two as near the one ahead.
    const unwrapped = (last: number, seq: number) =>
      modulus === Number.POSITIVE_INFINITY ? seq : seq + (Math.floor((last - seq - half) / modulus) + 1) * modulus
    for (const { device, seq } of frame) {
      const then = before.get(device)
      if (then) {
        const n = unwrapped(then.last, seq)
        if (n <= then.last && n > then.last - 64 && then.seen.has(n)) {
          counts.duplicate++
          continue
        }
      }
      counts.reduced++
      const now = devices.get(device)
      const n = now ? unwrapped(now.last, seq) : seq
      if (!now || n <= now.last - 64) devices.set(device, { last: seq, first: seq, seen: new Set([seq]) })
      else if (n <= now.last) {
        if (!now.seen.has(n) && n > now.first) counts.missing--
        now.seen.add(n)
      } else {
        counts.missing += n - now.last - 1
        now.seen.add(n)
        now.last = n
      }
    }
  }
  return counts
}

test('all counts equal a model that keeps every number, however columns are cut', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant(1) },
    { weight: 3, arbitrary: fc.integer({ min: -6, max: 6 }) },
    fc.integer({ min: -100, max: 100 }),
  )
  const frames = fc.array(fc.array(fc.tuple(fc.constantFrom('a', 'b'), step), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 60,
  })
  const modulus = fc.constantFrom(256, 65_536, Number.POSITIVE_INFINITY)
  await fc.assert(
    fc.asyncProperty(frames, modulus, fc.constantFrom(1, 3, 1000), async (steps, modulus, rows) => {
      const at: Record<string, number> = { a: 250, b: 1000 }
      const messages = steps.map((frame) =>
        frame.map(([device, by]) => {
          at[device] += by
          const seq = modulus === Number.POSITIVE_INFINITY ? at[device] : ((at[device] % modulus) + modulus) % modulus
          return { device, seq }
        }),
      )
      const sequence = modulus === Number.POSITIVE_INFINITY ? 'seq' : { path: 'seq', modulus }
      const { rig, counts } = await started(config({ sequence, tags: { device: '{.device}' } }), { rows })
      for (const frame of messages)
        await rig.push('s', '', JSON.stringify(frame.map((message) => ({ ...message, x: 1, y: 2 }))))
      const got = await counts()
      const expected = model(messages, modulus)
      assert.deepEqual(got, {
        reduced: expected.reduced * 2,
        duplicate: expected.duplicate * 2,
        missing: Math.max(0, expected.missing),
      })
      await rig.stop()
    }),
    { numRuns: 150 },
  )
})
