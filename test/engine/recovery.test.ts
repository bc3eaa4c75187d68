import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendResult } from '../../src/model/sink.js'
import { failure, MemoryDisk } from '../support/memory-disk.js'
import { Rig, type SeenPoint } from '../support/rig.js'

const config = (more: object = {}) => ({
  durability: 'process',
  stateDir: '/state',
  checkpoint: '2s',
  sources: {
    a: { type: 'script', wait: '0s', time: { path: 't', unit: 'ms' }, decode: { type: 'json', fields: ['v'] } },
  },
  windows: {
    second: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'sum', 'mean', 'stddev', 'p99', 'twa', 'last'] },
    slow: { of: '*', size: '4s', every: '1s', lateness: '1s', reduce: ['count', 'max', 'mean'] },
    session: { of: '*', session: '3s', reduce: ['count', 'sum'] },
  },
  ...more,
})

const START = 1_704_067_200_000
const frame = (i: number) => JSON.stringify({ t: START + i * 100 - (i % 7) * 50, v: (i * 37) % 101 })

/** What is written last under each key, as text. */
function last(points: readonly SeenPoint[]): Map<string, string> {
  return new Map(points.map((p) => [`${p.measurement} ${p.timeUs} ${p.device}`, JSON.stringify(p.fields)]))
}

/** Pushes frames [from, to), one each 100 ms, of three devices by turns. */
async function feed(rig: Rig, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    await rig.push('a', `d${i % 3}`, frame(i))
    rig.script('a').out.endBurst()
    await rig.advance(100)
  }
}

async function whole(frames: number, more = {}): Promise<Map<string, string>> {
  const rig = new Rig({ config: config(more), disk: new MemoryDisk() })
  await rig.start()
  await feed(rig, 0, frames)
  await rig.advance(20_000)
  await rig.stop()
  return last(rig.due)
}

test('a process that is killed anywhere loses nothing: the points are the same, to the last bit', async () => {
  const expected = await whole(90)
  for (const [a, b] of [
    [7, 8],
    [23, 61],
    [30, 31],
    [44, 89],
  ]) {
    let disk = new MemoryDisk()
    const points: SeenPoint[] = []
    let from = 0
    for (const to of [a, b, 90]) {
      const rig = new Rig({ config: config(), disk, startUs: (START + from * 100) * 1000 })
      await rig.start()
      await feed(rig, from, to)
      if (to === 90) {
        await rig.advance(20_000)
        await rig.stop()
      }
      points.push(...rig.due)
      disk = disk.copy()
      from = to
    }
    assert.deepEqual(last(points), expected, `killed behind ${a} and ${b}`)
  }
})

test('memory that windows gave back is there again after a restart: as many series find room as without one', async () => {
  const small = {
    maxMemory: '1MiB',
    maxSeries: 2000,
    windows: { w: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'slope', 'skewness', 'last', 'p99'] } },
  }
  /** What finds room in the end, in the ledger. */
  const run = async (restarts: boolean) => {
    let disk = new MemoryDisk()
    let rig = new Rig({ config: config(small), disk })
    await rig.start()
    const second = async (n: number, devices: number) => {
      for (let i = 0; i < devices; i++)
        await rig.push('a', `d${i}`, JSON.stringify({ t: START + n * 1000 + i / 10, v: i }))
      rig.script('a').out.endBurst()
      await rig.advance(1000)
    }
    for (let n = 0; n < 6; n++) await second(n, 500)
    // Nothing but one device is open, and most pages are given back.
    for (let n = 6; n < 10; n++) await second(n, 1)
    if (restarts) {
      disk = disk.copy()
      rig = new Rig({ config: config(small), disk, startUs: rig.clock.nowUs() })
      await rig.start()
    }
    await second(10, 2000)
    await second(11, 2000)
    await second(12, 1)
    await second(14, 1)
    const { sources, memory } = rig.gateway.status()
    await rig.stop()
    return { samples: sources[0].samples, memory }
  }
  const expected = await run(false)
  assert.ok(expected.samples.rejected > 0)
  assert.deepEqual(await run(true), expected)
})

test('another configuration finishes open windows as they were, and begins its own with the first whole one', async () => {
  const windows = (every: string, reduce: string[]) => ({
    same: { of: '*', every: '1s', reduce: ['count', 'sum'] },
    other: { of: '*', every, lateness: '1s', reduce },
  })
  const disk = new MemoryDisk()
  const before = new Rig({ config: config({ windows: windows('2s', ['count', 'sum']) }), disk })
  await before.start()
  await feed(before, 0, 45)
  const rest = disk.copy()
  const after = new Rig({
    config: config({ windows: windows('3s', ['count', 'max']) }),
    disk: rest,
    startUs: (START + 4500) * 1000,
  })
  await after.start()
  await feed(after, 45, 120)
  await after.advance(10_000)
  await after.stop()
  const points = [...before.due, ...after.due]
  const whole = await wholeOf(windows('2s', ['count', 'sum']), 120)
  const found = last(points.filter(({ measurement }) => measurement === 'same'))
  assert.deepEqual(found, new Map([...whole].filter(([key]) => key.startsWith('same'))))
  const other = points.filter(({ measurement }) => measurement === 'other')
  const old = last(other.filter(({ fields }) => 'v_sum' in fields))
  const made = last(other.filter(({ fields }) => 'v_max' in fields))
  // Whatever had begun by then is whole in the old definition, and there only.
  for (const [key, fields] of old) assert.equal(fields, whole.get(key), key)
  const oldEnd = Math.max(...[...old.keys()].map((key) => Number(key.split(' ')[1]) + 2e6))
  const firstNew = Math.min(...[...made.keys()].map((key) => Number(key.split(' ')[1])))
  assert.equal(oldEnd, (START + 6000) * 1000)
  assert.equal(firstNew, (START + 6000) * 1000)
  const counts = [...made.values()].map((text) => (JSON.parse(text) as { v_count: number }).v_count)
  assert.equal(counts[0], 10)
})

async function wholeOf(windows: object, frames: number): Promise<Map<string, string>> {
  const rig = new Rig({ config: config({ windows }), disk: new MemoryDisk() })
  await rig.start()
  await feed(rig, 0, frames)
  await rig.advance(10_000)
  await rig.stop()
  return last(rig.due)
}

test('a configuration that is loaded anew keeps connections, and windows that did not change lose nothing', async () => {
  const sources = (config() as { sources: object }).sources
  const one = { same: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'sum', 'p99'] } }
  const rig = new Rig({ config: config({ windows: one }), disk: new MemoryDisk() })
  await rig.start()
  await feed(rig, 0, 33)
  const script = rig.script('a')
  const changes = await rig.reload(
    config({
      windows: { ...one, more: { of: '*', every: '1s', reduce: ['max'] } },
      sources: { ...sources, b: { type: 'script' } },
    }),
  )
  assert.deepEqual(changes, ['window more: new', 'source b: new'])
  assert.equal(rig.script('a'), script)
  await feed(rig, 33, 60)
  await rig.push('b', 'x', '7')
  await rig.advance(10_000)
  await assert.rejects(rig.reload(config({ gateway: 'another' })), /gateway.* takes a restart/)
  await rig.stop()
  const expected = await wholeOf(one, 60)
  assert.deepEqual(
    last(rig.due.filter(({ measurement, device }) => measurement === 'same' && device !== 'x')),
    expected,
  )
  assert.ok(rig.due.some(({ measurement }) => measurement === 'more'))
})

test('a state that a clean stop left is not gone back to, though no checkpoint could be written since: no whole window is written anew by halves', async () => {
  const windows = { second: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'sum'] } }
  const expected = await whole(90, { windows })
  for (const more of [{}, { runtimeDir: '/run' }]) {
    let disk = new MemoryDisk()
    const points: SeenPoint[] = []
    for (const [from, to] of [
      [0, 15],
      [15, 45],
      [45, 90],
    ]) {
      if (from === 15)
        disk.before = (what, path) => {
          if (what === 'create' && path.includes('/checkpoint/')) throw failure('ENOSPC', path)
        }
      const rig = new Rig({ config: config({ windows, ...more }), disk, startUs: (START + from * 100) * 1000 })
      await rig.start()
      await feed(rig, from, to)
      if (to === 90) await rig.advance(20_000)
      // The second is killed.
      if (to !== 45) await rig.stop()
      points.push(...rig.due)
      disk = disk.copy()
    }
    const found = last(points)
    assert.ok(found.size > expected.size / 2, `${found.size} of ${expected.size}`)
    for (const [key, fields] of found) assert.equal(fields, expected.get(key), `${JSON.stringify(more)} ${key}`)
  }
})

test('a sink that changes at a reload takes up the points that wait for it', async () => {
  let answer: SendResult = { outcome: 'retry', why: 'down' }
  const windows = { same: { of: '*', every: '1s', lateness: '0s', reduce: ['count'], to: ['out'] } }
  const sink = (maxAge: string) => ({ out: { type: 'memory', spool: { maxAge } } })
  const rig = new Rig({
    config: config({ windows, sinks: sink('1d') }),
    disk: new MemoryDisk(),
    answer: async () => answer,
  })
  await rig.start()
  await feed(rig, 0, 60)
  const waiting = rig.gateway.status().sinks[0].points.spooled
  assert.ok(waiting > 5)
  await rig.reload(config({ windows, sinks: sink('2d') }))
  answer = { outcome: 'ok' }
  await feed(rig, 60, 100)
  await rig.advance(40_000)
  const { emitted, delivered, spooled } = rig.gateway.status().sinks[0].points
  assert.equal(spooled, 0)
  assert.equal(delivered, emitted)
  const lines = rig.sunk.get('out') ?? []
  assert.equal(new Set(lines).size, lines.length)
  assert.equal(lines.length, delivered)
  assert.ok(lines.some((line) => line.endsWith(' 1704067200000000000')))
  await rig.stop()
})

test('blocks that were decoded behind the last mark count once, however often it is killed', async () => {
  let disk = new MemoryDisk()
  const points: SeenPoint[] = []
  const sizes = { blockBytes: 256 }
  const send = async (rig: Rig, from: number, to: number) => {
    for (let i = from; i < to; i++) await rig.push('a', `d${i % 3}`, frame(i))
    rig.script('a').out.endBurst()
  }
  let sent = 0
  for (let run = 0; run < 6; run++) {
    const rig = new Rig({ config: config(), disk, sizes, startUs: START * 1000 + run })
    await rig.start()
    // No tick comes between: many blocks are sealed behind the last mark.
    await send(rig, sent, sent + (run % 2) * 15)
    sent += (run % 2) * 15
    points.push(...rig.due)
    disk = disk.copy()
  }
  const rig = new Rig({ config: config(), disk, sizes, startUs: START * 1000 + 10 })
  await rig.start()
  await rig.advance(30_000)
  const { frames, samples } = rig.gateway.status().sources[0]
  assert.equal(frames.decoded, sent)
  assert.equal(samples.reduced, sent)
  points.push(...rig.due)
  const counted = [...last(points)].filter(([key]) => key.startsWith('second'))
  const total = counted.reduce((sum, [, text]) => sum + ((JSON.parse(text) as { v_count?: number }).v_count ?? 0), 0)
  assert.equal(total, sent)
})
