import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Sizes } from '../../src/engine/engine-memory.js'
import { Rig } from '../support/rig.js'

const T0 = 1_704_067_200_000_000
const reductions = [
  'count',
  'sum',
  'mean',
  'min',
  'max',
  'range',
  'first',
  'last',
  'delta',
  'variance',
  'rms',
  'kurtosis',
]

const config = (workers: number) => ({
  batch: '100ms',
  workers,
  maxMemory: '16MiB',
  maxSeries: 500,
  sources: {
    s: {
      type: 'script',
      time: { path: 't', unit: 'us', rate: 10_000 },
      decode: { type: 'json', samples: ['x', 'y'] },
    },
    p: { type: 'script', time: { path: 't', unit: 'us' }, decode: { type: 'json' } },
  },
  windows: {
    w: { every: '1s', lateness: '2s', reduce: reductions },
    half: { every: '500ms', lateness: '2s', of: { field: 'x' }, reduce: ['count', 'mean', 'skewness'] },
  },
})

interface Message {
  source: 's' | 'p'
  device: string
  text: string
  gapMs: number
}

async function play(
  messages: readonly Message[],
  options: { sizes?: Partial<Sizes>; workers?: number; handOverMs?: number },
) {
  const rig = new Rig({ config: config(options.workers ?? 0), ...options })
  await rig.start()
  for (const { source, device, text, gapMs } of messages) {
    await rig.advance(gapMs)
    await rig.push(source, device, text)
    rig.script(source).out.endBurst()
  }
  await rig.advance(2000)
  await rig.stop()
  return rig
}

/** Quarters, so that every sum is exact however it is cut. */
const quarters = (n: number, seed: number) =>
  Array.from({ length: n }, (_, i) => (((i + seed) * 7919) % 4001) / 4 - 500)

function messages(counts: readonly number[]): Message[] {
  let t = T0 + 3_000_000
  return counts.map((n, i) => {
    const gapMs = i === 0 ? 3100 : 40
    t += 40_000
    if (n === 0) {
      const text = JSON.stringify({ t, a: i / 4, b: { c: i, d: -i }, ok: i % 2 === 0 })
      return { source: 'p', device: `p${i % 3}`, text, gapMs }
    }
    return {
      source: 's',
      device: `s${i % 2}`,
      text: JSON.stringify({ t, x: quarters(n, i), y: quarters(n >> 1, i) }),
      gapMs,
    }
  })
}

test('blocks just above the largest frame and columns of a few rows give the output of unbounded ones', async () => {
  const count = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 90 }))
  await fc.assert(
    fc.asyncProperty(
      fc.array(count, { minLength: 1, maxLength: 25 }),
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 1, max: 8 }),
      async (counts, above, rows) => {
        const made = messages(counts)
        const largest = Math.max(...made.map(({ text }) => text.length))
        const whole = await play(made, {})
        const cut = await play(made, { sizes: { blockBytes: 24 + largest + above, rows } })
        assert.deepEqual([...cut.last()].sort(), [...whole.last()].sort())
        const ledger = (rig: Rig) => rig.gateway.status().sources.map(({ frames, samples }) => ({ frames, samples }))
        assert.deepEqual(ledger(cut), ledger(whole))
        assert.ok(whole.due.length > 0)
      },
    ),
    { numRuns: 25 },
  )
})

test('0, 1 and 4 workers give the same bytes, and the workers do take part', async () => {
  const irrational = (n: number, seed: number) => Array.from({ length: n }, (_, i) => Math.sin(i * 0.7 + seed) * 1e3)
  let t = T0 + 3_000_000
  const made: Message[] = Array.from({ length: 12 }, (_, i) => {
    t += 300_000
    const text = JSON.stringify({ t, x: irrational(4000 + i, i), y: irrational(1500, i) })
    return { source: 's', device: `s${i % 2}`, text, gapMs: i === 0 ? 3300 : 300 }
  })
  const alone = await play(made, { workers: 0 })
  const expected = JSON.stringify(alone.due)
  assert.equal(alone.gateway.status().pool.tasks, 0)
  assert.ok(alone.gateway.status().pool.chunks > 20)
  for (const workers of [1, 4]) {
    const rig = await play(made, { workers, handOverMs: 0 })
    assert.ok(rig.gateway.status().pool.tasks > 0)
    assert.equal(JSON.stringify(rig.due), expected)
  }
})
