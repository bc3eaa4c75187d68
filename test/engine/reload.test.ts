import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendResult } from '../../src/model/sink.js'
import { failure, MemoryDisk } from '../support/memory-disk.js'
import { Rig, type RigOptions, type SeenPoint } from '../support/rig.js'

const START = 1_704_067_200_000
const source = (more: object = {}) => ({
  type: 'script',
  wait: '0s',
  time: { path: 't', unit: 'ms' },
  decode: { type: 'json', fields: ['v'] },
  ...more,
})
const second = { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'sum'] }
const config = (more: object = {}) => ({
  durability: 'process',
  stateDir: '/state',
  checkpoint: '1h',
  sources: { a: source() },
  windows: { second },
  sinks: { one: { type: 'memory' } },
  ...more,
})

const frame = (i: number) => JSON.stringify({ t: START + i * 100, v: i })

/** Frames [from, to) of a source, one each 100 ms. */
async function feed(rig: Rig, from: number, to: number, name = 'a'): Promise<void> {
  for (let i = from; i < to; i++) {
    await rig.push(name, `d${i % 2}`, frame(i))
    rig.script(name).out.endBurst()
    await rig.advance(100)
  }
}

async function started(options: Partial<RigOptions> & { config: object }): Promise<Rig> {
  const rig = new Rig({ disk: new MemoryDisk(), ...options })
  await rig.start()
  return rig
}

/** Rows so much later that all windows before are final, and a stop. */
async function finish(rig: Rig, at: number): Promise<void> {
  await rig.advance(20_000)
  await feed(rig, at + 200, at + 202)
  await rig.advance(2000)
  await rig.stop()
}

/** The sum of a field over what was emitted last under each key. */
function sumOf(points: readonly SeenPoint[], name: string): number {
  const last = new Map<string, number>()
  for (const { measurement, timeUs, device, fields } of points)
    if (name in fields) last.set(`${measurement} ${timeUs} ${device}`, fields[name])
  return [...last.values()].reduce((sum, value) => sum + value, 0)
}

/** Rows in all lines that a sink got. */
const countOf = (rig: Rig, sink: string) =>
  (rig.sunk.get(sink) ?? []).reduce((sum, line) => sum + Number(/v_count=(\d+)i/.exec(line)?.[1] ?? 0), 0)

const from = (i: number) => (START + i * 100) * 1000

test('a file that says what runs already changes nothing at all', async () => {
  const rig = await started({ config: config() })
  await feed(rig, 0, 5)
  assert.deepEqual(await rig.reload(config()), [])
  await rig.stop()
})

test('a sink that is new gets what windows have to say from then on, and one that is gone no more', async () => {
  const rig = await started({ config: config() })
  await feed(rig, 0, 20)
  const changes = await rig.reload(config({ sinks: { two: { type: 'memory' } } }))
  assert.deepEqual(changes, ['sink two: new', 'sink one: removed; what waits for it stays'])
  await feed(rig, 20, 40)
  await finish(rig, 40)
  assert.equal(countOf(rig, 'one') + countOf(rig, 'two'), 40)
  assert.ok(countOf(rig, 'two') >= 20)
})

test('what waits for a sink that changes goes to what it is now, also after a restart', async () => {
  const disk = new MemoryDisk()
  let answer: SendResult = { outcome: 'retry', why: 'down' }
  const before = await started({ config: config(), disk, answer: async () => answer })
  await feed(before, 0, 30)
  const rig = await started({ config: config(), disk: disk.copy(), startUs: from(30), answer: async () => answer })
  await feed(rig, 30, 60)
  const { spooled } = rig.gateway.status().sinks[0].points
  assert.ok(spooled > 0)
  const more = { sinks: { one: { type: 'memory', spool: { maxBytes: '1MiB' } } } }
  assert.deepEqual(await rig.reload(config(more)), ['sink one: changed'])
  assert.equal(rig.gateway.status().sinks[0].points.spooled, spooled)
  answer = { outcome: 'ok' }
  await feed(rig, 60, 80)
  await finish(rig, 80)
  assert.equal(countOf(rig, 'one'), 80)
})

test('a sink that is removed and comes back delivers what waited, and what comes then', async () => {
  let answer: SendResult = { outcome: 'retry', why: 'down' }
  const rig = await started({ config: config(), answer: async () => answer })
  await feed(rig, 0, 30)
  await rig.reload(config({ sinks: { two: { type: 'memory' } } }))
  await feed(rig, 30, 50)
  answer = { outcome: 'ok' }
  const sinks = { one: { type: 'memory' }, two: { type: 'memory' } }
  await rig.reload(config({ sinks, windows: { second: { ...second, to: ['one'] } } }))
  await feed(rig, 50, 80)
  await finish(rig, 80)
  assert.equal(countOf(rig, 'one') + countOf(rig, 'two'), 80)
})

test('points that waited for a sink in the life of another state are kept when it comes back', async () => {
  const disk = new MemoryDisk()
  let answer: SendResult = { outcome: 'retry', why: 'down' }
  const run = (...names: string[]) =>
    config({ runtimeDir: '/run', sinks: Object.fromEntries(names.map((name) => [name, { type: 'memory' }])) })
  const options = { disk, answer: async () => answer }
  const first = await started({ config: run('one'), ...options })
  await feed(first, 0, 60)
  await first.stop()
  // The sink is taken out, and the state is lost.
  for (const path of [...disk.files.keys()]) if (!path.includes('/spool/')) disk.files.delete(path)
  const second = await started({ config: run('two'), ...options, startUs: from(600) })
  await feed(second, 600, 610)
  await second.stop()
  const third = await started({ config: run('one', 'two'), ...options, startUs: from(700) })
  assert.equal(third.gateway.status().sinks[0].points.spooled, 6)
  answer = { outcome: 'ok' }
  await feed(third, 700, 730)
  await finish(third, 730)
  // Of the second state's rows both get the windows that were open when it stopped.
  assert.equal(countOf(third, 'one'), 6 * 5 + 10 + 30)
})

test('another calibration and unit count for series that are known', async () => {
  const rig = await started({ config: config() })
  await feed(rig, 0, 15)
  const calibrate = { v: { scale: 1000, unit: 'mV' } }
  const changes = await rig.reload(config({ sources: { a: source({ calibrate }) } }))
  assert.deepEqual(changes, ['source a: changed; it connects anew'])
  await feed(rig, 20, 30)
  await rig.advance(5000)
  const of = (second: number) => rig.due.filter(({ timeUs }) => timeUs === from(second * 10))
  assert.equal(sumOf(of(2), 'v_sum'), 245_000)
  assert.deepEqual(rig.gateway.status().windows[0].units.v_sum, ['mV'])
  await rig.reload(config({ sources: { a: source({ unit: { v: 'V' } }) } }))
  await feed(rig, 100, 110)
  await rig.advance(5000)
  assert.equal(sumOf(of(10), 'v_sum'), 1045)
  assert.deepEqual(rig.gateway.status().windows[0].units.v_sum, ['V'])
  await rig.stop()
})

test('what only the line reads changes without another connection', async () => {
  const rig = await started({ config: config() })
  await feed(rig, 0, 15)
  const script = rig.script('a')
  const next = config({ batch: '100ms', sources: { a: source({ wait: '100ms', unit: { v: 'A' } }) } })
  assert.deepEqual(await rig.reload(next), ['batch: changed', 'source a: changed'])
  assert.equal(rig.script('a'), script)
  await feed(rig, 15, 40)
  await rig.advance(5000)
  await rig.stop()
  assert.equal(sumOf(rig.due, 'v_count'), 40)
  assert.deepEqual(rig.gateway.status().windows[0].units.v_sum, ['A'])
})

test('sources may be read anew again and again: channels that are gone make room', async () => {
  const rig = await started({ config: config({ maxSeries: 16 }) })
  for (let round = 0; round < 12; round++) {
    const fields = round % 2 === 0 ? ['v', 'w'] : ['v']
    await rig.reload(config({ maxSeries: 16, sources: { a: source({ decode: { type: 'json', fields } }) } }))
    for (let i = 0; i < 6; i++) await rig.push('a', `d${i}`, frame(round * 10))
    await rig.advance(1000)
  }
  await rig.advance(5000)
  await rig.stop()
  assert.equal(rig.gateway.status().sources[0].frames.dropped, 0)
  assert.equal(sumOf(rig.due, 'v_count'), 72)
})

test('windows of a source that goes end as they stand; when it comes back it writes none of them again', async () => {
  const two = { sources: { a: source(), b: source() } }
  const rig = await started({ config: config(two) })
  await feed(rig, 0, 15)
  await feed(rig, 15, 18, 'b')
  assert.deepEqual(await rig.reload(config()), ['source b: removed, its windows end'])
  const ended = rig.due.filter(({ timeUs }) => timeUs === from(10))
  assert.equal(sumOf(ended, 'v_count'), 3)
  await feed(rig, 18, 22)
  await rig.reload(config(two))
  await feed(rig, 22, 45, 'b')
  await rig.advance(5000)
  await rig.stop()
  assert.equal(rig.gateway.status().sources[1].samples.lost, 8)
})

test('derived series come, change and go', async () => {
  const of = (field: string) => ({ source: 'a', field })
  const both = { decode: { type: 'json', fields: ['v', 'w'] } }
  const derive = (derived?: object) => config({ sources: { a: source(both) }, ...(derived && { derived }) })
  const push = async (rig: Rig, from: number, to: number) => {
    for (let i = from; i < to; i++) {
      await rig.push('a', 'd', JSON.stringify({ t: START + i * 100, v: i, w: 1 }))
      await rig.advance(100)
    }
  }
  const rig = await started({ config: derive() })
  await push(rig, 0, 15)
  await rig.reload(derive({ both: { sum: [of('v'), of('w')] } }))
  await push(rig, 15, 45)
  assert.ok(sumOf(rig.due, 'both_count') > 0)
  await rig.reload(derive({ both: { difference: [of('v'), of('w')] }, other: { product: [of('v'), of('w')] } }))
  await push(rig, 45, 75)
  assert.ok(sumOf(rig.due, 'other_count') > 0)
  await rig.reload(derive())
  await push(rig, 75, 100)
  await rig.advance(5000)
  await rig.stop()
  assert.equal(sumOf(rig.due, 'v_count'), 100)
})

test('a source that speaks while another configuration is loaded loses none of it', async () => {
  const rig = await started({ config: config() })
  await feed(rig, 0, 5)
  const { out } = rig.script('a')
  const reloading = rig.reload(config({ windows: { second, more: { ...second, of: { field: 'none' } } } }))
  const taken: boolean[] = []
  for (let i = 0; i < 50; i++) {
    out.count('retained', 1)
    out.lostBytes(10)
    const channel = out.channel({ name: `n${i}`, input: 0, tags: { device: `n${i}` } })
    const bytes = Buffer.from(frame(5))
    taken.push(out.frame(channel, bytes, 0, bytes.length, 0, 0))
    await Promise.resolve()
  }
  await reloading
  await rig.advance(5000)
  const { frames, lostBytes } = rig.gateway.status().sources[0]
  assert.deepEqual([frames.retained, lostBytes], [50, 500])
  assert.ok(taken.includes(false))
  assert.equal(sumOf(rig.due, 'v_count'), 5 + taken.filter(Boolean).length)
  await rig.stop()
})

test('where the memory for it is not to be had nothing has changed', async () => {
  const rig = await started({ config: config() })
  await feed(rig, 0, 15)
  const { Memory } = WebAssembly
  const script = rig.script('a')
  const Full = class {
    constructor() {
      throw new RangeError('could not allocate memory')
    }
  }
  try {
    Object.assign(WebAssembly, { Memory: Full })
    const next = config({ windows: { second, other: second }, sinks: { two: { type: 'memory' } } })
    await assert.rejects(rig.reload(next), /allocate memory/)
  } finally {
    Object.assign(WebAssembly, { Memory })
  }
  assert.equal(rig.script('a'), script)
  assert.deepEqual(
    rig.gateway.status().sinks.map(({ name }) => name),
    ['one'],
  )
  await feed(rig, 15, 40)
  await rig.advance(5000)
  await rig.stop()
  assert.equal(sumOf(rig.due, 'v_count'), 40)
})

test('where a new sink can not be made nothing has changed', async () => {
  const disk = new MemoryDisk()
  const rig = await started({ config: config(), disk })
  await feed(rig, 0, 15)
  disk.before = (_what, path) => {
    if (path.includes('/spool/two')) throw failure('EIO', path)
  }
  const windows = { other: { of: '*', every: '2s', reduce: ['max'] } }
  const sinks = { one: { type: 'memory' }, two: { type: 'memory' } }
  await assert.rejects(rig.reload(config({ windows, sinks })), /EIO/)
  await feed(rig, 15, 40)
  await rig.advance(5000)
  await rig.stop()
  assert.equal(sumOf(rig.due, 'v_count'), 40)
})

test('points in one format do not go to a sink that wants another: that is refused while there are any', async () => {
  let answer: SendResult = { outcome: 'retry', why: 'down' }
  const typed = (type: string) => config({ sinks: { one: { type, path: '/dev/null', format: 'csv' } } })
  const rig = await started({ config: config(), answer: async () => answer })
  await feed(rig, 0, 40)
  await assert.rejects(rig.reload(typed('file')), /sink one: its format changed while points in the one before wait/)
  answer = { outcome: 'ok' }
  await rig.advance(60_000)
  assert.deepEqual(await rig.reload(typed('file')), ['sink one: changed'])
  await rig.stop()
})

test('a reload while weir starts waits until it is ready; while it stops it is refused', async () => {
  const rig = new Rig({ config: config(), disk: new MemoryDisk() })
  const starting = rig.start()
  assert.equal((await rig.reload(config({ batch: '100ms' })))[0], 'batch: changed')
  await starting
  const stopping = rig.stop()
  await assert.rejects(rig.reload(config()), /weir is stopping/)
  await stopping
})

test('a source that does not let go holds neither the others nor a stop', async () => {
  const rig = await started({ config: config({ sources: { a: source(), b: source() } }) })
  rig.script('b').hang()
  const reloading = rig.reload(config())
  reloading.catch(() => {})
  await feed(rig, 0, 20)
  assert.ok(sumOf(rig.due, 'v_count') > 0)
  const stopping = rig.stop()
  await rig.advance(10_000)
  await stopping
  await assert.rejects(reloading, /stopping/)
})

test('a disk that refuses does not hold a reload up', async () => {
  const disk = new MemoryDisk()
  let answer: SendResult = { outcome: 'retry', why: 'down' }
  const rig = await started({ config: config(), disk, answer: async () => answer })
  await feed(rig, 0, 15)
  disk.before = (_what, path) => {
    throw failure('ENOSPC', path)
  }
  await feed(rig, 15, 25)
  await rig.reload(config({ windows: { second, other: { of: '*', every: '2s', reduce: ['max'] } } }))
  await feed(rig, 25, 60)
  disk.before = () => {}
  answer = { outcome: 'ok' }
  await rig.advance(40_000)
  assert.equal(sumOf(rig.due, 'v_count'), 60)
  await rig.stop()
})
