import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { listen } from '../../src/http/server.js'
import { silent } from '../../src/model/log.js'
import { FRAME_FLAGS } from '../../src/model/source.js'
import type { Taps } from '../../src/model/taps.js'
import { MOST_READERS, tailRoute } from '../../src/tail/route.js'
import { FakeClock, settle } from '../support/fake-clock.js'
import { Rig } from '../support/rig.js'
import { exampleStatus } from '../support/status.js'
import { until } from '../support/until.js'

const about = { weir: '1.2.3', gateway: 'rig' }
const config = {
  gateway: 'rig',
  batch: '250ms',
  sources: {
    s: {
      type: 'script',
      time: { path: 't', unit: 'us' },
      decode: { type: 'json', fields: ['a', 'b'] },
      unit: { a: '°C' },
    },
  },
  windows: { second: { of: { field: 'a' }, every: '1s', lateness: '2s', reduce: ['count', 'mean'] } },
}

/** A gateway, and readers of it in the same process. */
async function rigged() {
  const rig = new Rig({ config })
  await rig.start()
  await rig.advance(1000)
  const route = tailRoute({ tap: (taps) => rig.gateway.tap(taps), clock: rig.clock, about })
  /** Reads for a while; the lines, without the head. */
  const reader = async (query: string) => {
    const answer = await route.answer(new Request(`http://h/tail?${query}`))
    assert.equal(answer.status, 200)
    const body = answer.body!.getReader()
    let text = ''
    const reading = (async () => {
      for (let piece = await body.read(); !piece.done; piece = await body.read()) text += Buffer.from(piece.value)
    })()
    await settle()
    return {
      async lines() {
        await rig.clock.advance(100)
        const [head, ...lines] = text.trimEnd().split('\n')
        assert.match(head, /^\{"weir":"1\.2\.3","gateway":"rig","tail":"\w+"\}$/)
        return lines.map((line) => JSON.parse(line))
      },
      async leave() {
        await body.cancel()
        await reading
      },
    }
  }
  return { rig, route, reader, at: rig.clock.nowUs(), time: new Date(rig.clock.nowUs() / 1000).toISOString() }
}

test('frames as text or hexadecimal, lines apart, and what went no further', async () => {
  const { rig, reader } = await rigged()
  const tail = await reader('of=frames')
  await rig.push('s', 'm', '{"a":"\u001b[2J\\u0000é"}')
  await rig.push('s', 'm', 'a\u0000b', FRAME_FLAGS.retained | FRAME_FLAGS.dup)
  await rig.push('s', 'm', '{"a":1}\n\n{"a":2}', FRAME_FLAGS.lines)
  await rig.push('s', 'm', `${'€'.repeat(6000)}`)
  rig.script('s').out.count('retained', 2)
  rig.script('s').out.lostBytes(7)
  const lines = (await tail.lines()).map(({ time: _, ...line }) => line)
  const about = { source: 's', channel: 'm' }
  assert.deepEqual(lines, [
    { ...about, bytes: 20, text: '{"a":"\u001b[2J\\u0000é"}' },
    { ...about, bytes: 3, hex: '610062', retained: true, dup: true },
    { ...about, bytes: 7, text: '{"a":1}' },
    { ...about, bytes: 7, text: '{"a":2}' },
    { ...about, bytes: 18_000, text: '€'.repeat(5461), cut: true },
    { source: 's', counted: 'retained', frames: 2 },
    { source: 's', counted: 'lost', bytes: 7 },
  ])
  await tail.leave()
  await rig.stop()
})

test('frames of one topic', async () => {
  const { rig, reader } = await rigged()
  const tail = await reader('of=frames&topic=m*&tag=device=m1')
  for (const device of ['m1', 'm2', 'n1']) await rig.push('s', device, '{}')
  rig.script('s').out.count('filtered', 2)
  assert.deepEqual(
    (await tail.lines()).map(({ channel }) => channel),
    ['m1'],
  )
  await tail.leave()
  await rig.stop()
})

test('samples with unit and fate, and points with units, chosen by field and window', async () => {
  const { rig, reader, at, time } = await rigged()
  const samples = await reader('of=samples')
  const onlyB = await reader('of=samples&field=b')
  const points = await reader('of=points')
  const means = await reader('of=points&field=*_mean&window=sec*')
  const others = await reader('of=points&window=minute')
  await rig.push('s', 'm', `{"t":${at},"a":1,"b":2}`)
  await rig.advance(2500)
  const iso = `${time.slice(0, -1)}000Z`
  const tags = { device: 'm', gateway: 'rig', source: 's' }
  const a = { time: iso, tags, field: 'a', value: 1, unit: '°C', fate: 'reduced' }
  const b = { time: iso, tags, field: 'b', value: 2, fate: 'unmatched' }
  assert.deepEqual(await samples.lines(), [a, b])
  assert.deepEqual(await onlyB.lines(), [b])
  const point = { time: iso, measurement: 'second', tags, window: 'second' }
  assert.deepEqual(await points.lines(), [{ ...point, fields: { a_count: 1, a_mean: 1 }, units: { a_mean: '°C' } }])
  assert.deepEqual(await means.lines(), [{ ...point, fields: { a_mean: 1 }, units: { a_mean: '°C' } }])
  assert.deepEqual(await others.lines(), [])
  for (const tail of [samples, onlyB, points, means, others]) await tail.leave()
  await rig.stop()
})

test('who does not read misses what does not fit, is told how much, and holds nothing up', async () => {
  const { rig, route } = await rigged()
  const answer = await route.answer(new Request('http://h/tail?of=frames'))
  const body = answer.body!.getReader()
  await body.read()
  const payload = 'x'.repeat(10_000)
  for (let i = 0; i < 1000; i++) await rig.push('s', 'm', payload)
  await rig.advance(250)
  const reading = body.read()
  await rig.clock.advance(100)
  const lines = Buffer.from((await reading).value!)
    .toString()
    .trimEnd()
    .split('\n')
  const { unseen } = JSON.parse(lines.at(-1)!)
  assert.equal(lines.length - 1 + unseen, 1000)
  assert.ok(lines.join('').length < 1.2e6)
  await rig.push('s', 'm', 'again')
  const next = body.read()
  await rig.clock.advance(100)
  assert.match(Buffer.from((await next).value!).toString(), /^\{[^\n]*"text":"again"\}\n$/)
  await body.cancel()
  assert.equal(rig.gateway.status().sources[0].frames.in, 1001)
  await rig.stop()
})

test('over the server: only while somebody reads does anything look; there is room for so many readers', async (t) => {
  const looking = new Set<Taps>()
  const tap = (taps: Taps) => {
    looking.add(taps)
    return () => void looking.delete(taps)
  }
  const routes = [tailRoute({ tap, clock: new FakeClock(), about })]
  const server = await listen({ host: '127.0.0.1', port: 0 }, { status: () => exampleStatus(), log: silent, routes })
  assert.ok(server)
  t.after(() => server.close())
  const ask = async (method = 'GET') => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write(`${method} /tail?of=frames HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const [answer] = await once(socket.setEncoding('utf8'), 'data')
    return { socket, answer: String(answer) }
  }
  assert.match((await ask('HEAD')).answer, /^HTTP\/1\.1 200 /)
  await until('nobody looks after HEAD', () => looking.size === 0)
  const readers = []
  for (let i = 0; i < MOST_READERS; i++) readers.push(await ask())
  assert.equal(looking.size, MOST_READERS)
  assert.match((await ask()).answer, /^HTTP\/1\.1 503 /)
  for (const { socket } of readers) socket.destroy()
  await until('nobody looks any more', () => looking.size === 0)
  const after = await ask()
  assert.match(after.answer, /^HTTP\/1\.1 200 /)
  after.socket.destroy()
  await until('nobody looks at the end', () => looking.size === 0)
  assert.equal((await fetch(`${server.url}/tail?of=frames&field=x`)).status, 400)
})
