import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { Aedes } from 'aedes'
import mqttJs, { type IClientOptions, type MqttClient } from 'mqtt'
import * as v from 'valibot'
import { SystemClock } from '../../src/engine/clock.js'
import type { Clock } from '../../src/model/clock.js'
import type { InputPlan } from '../../src/model/plan.js'
import type { CommonInput, ParseInput, Source } from '../../src/model/source.js'
import type { MqttOptions } from '../../src/sources/mqtt/options.js'
import { mqtt } from '../../src/sources/mqtt.js'
import { FakeClock } from '../support/fake-clock.js'
import { type Mosquitto, type MosquittoOptions, startMosquitto } from '../support/mosquitto.js'
import { type RecordingOptions, RecordingOutput } from '../support/source-output.js'

const stateDir = await mkdtemp(join(tmpdir(), 'weir-mqtt-'))
after(() => rm(stateDir, { recursive: true, force: true }))

const running = new Set<AbortController>()
afterEach(() => {
  for (const abort of running) abort.abort()
  running.clear()
})

const NO_TAGS = { payloadTags: {}, constantTags: {} }
const BY_PAYLOAD: InputPlan['time'] = { kind: 'path', path: 'ts', unit: 'ms', missing: 'reject' }
const JSON_CODEC = { type: 'json', options: {} }

/** Stands in for the configuration: takes what it is given as read already. */
const parse: ParseInput = (raw) => ({
  ...NO_TAGS,
  ...(raw.time ? { time: raw.time as InputPlan['time'] } : {}),
  ...(raw.decode ? { decode: raw.decode as InputPlan['decode'] } : {}),
  ...(raw.tags ? { constantTags: raw.tags as Record<string, string> } : {}),
})

function read(options: object): MqttOptions {
  return v.parse(v.strictObject(mqtt.options), options) as MqttOptions
}

function inputsOf(options: MqttOptions, common: CommonInput = { ...NO_TAGS, time: BY_PAYLOAD, decode: JSON_CODEC }) {
  const inputs = mqtt.inputs(options as never, common, parse)
  if (typeof inputs === 'string') assert.fail(inputs)
  return inputs
}

interface Started {
  source: Source
  out: RecordingOutput
  /** Settles as `run` does. */
  ended: Promise<'end' | 'aborted'>
  stop(): Promise<unknown>
}

let made = 0

/** Starts a source and waits until its link is up. */
async function start(
  options: object,
  more: RecordingOptions & {
    name?: string
    stateDir?: string
    gateway?: string
    wait?: boolean
    common?: CommonInput
    room?: number
    clock?: Clock
    timedByArrival?: boolean
    listenOnly?: boolean
  } = {},
): Promise<Started> {
  const parsed = read(options)
  const source = mqtt.create(parsed as never, {
    name: more.name ?? `s${++made}`,
    gateway: more.gateway ?? 'gw',
    stateDir: more.stateDir ?? stateDir,
    maxFrameBytes: more.maxFrameBytes ?? 1 << 20,
    arrivalErrorUs: 20_000,
    timedByArrival: more.timedByArrival ?? false,
    inputs: inputsOf(parsed, more.common),
    listenOnly: more.listenOnly,
  })
  const out = new RecordingOutput(more.clock ?? new SystemClock(), more)
  if (more.room !== undefined) out.room = more.room
  return { source, ...(await again(source, out, more.wait ?? true)) }
}

async function again(source: Source, out: RecordingOutput, wait = true) {
  const abort = new AbortController()
  running.add(abort)
  const ended = source.run(out, abort.signal)
  ended.catch(() => {})
  const links = out.links.length
  if (wait) await Promise.race([out.until(() => out.links.length > links), ended])
  return {
    out,
    ended,
    stop: () => {
      abort.abort()
      return ended
    },
  }
}

async function withBroker(options: MosquittoOptions, use: (broker: Mosquitto) => Promise<void>) {
  const broker = await startMosquitto(options)
  const clients: MqttClient[] = []
  open.set(broker, clients)
  try {
    await use(broker)
  } finally {
    for (const client of clients) await client.endAsync(true)
    await broker.stop()
  }
}
const open = new WeakMap<Mosquitto, MqttClient[]>()

async function client(broker: Mosquitto, options: IClientOptions = {}): Promise<MqttClient> {
  const made = await mqttJs.connectAsync(`mqtt://127.0.0.1:${broker.port}`, options)
  open.get(broker)!.push(made)
  return made
}

const byTime = ['a/1', 'a/2'].flatMap((topic) => [1, 2, 3].map((n) => [topic, `{"n":${n}}`] as [string, string]))

for (const version of ['3.1.1', 5])
  for (const qos of [0, 1] as const)
    test(`MQTT ${version}, QoS ${qos}: messages become frames of channels with tags`, () =>
      withBroker({}, async (broker) => {
        const { out, stop } = await start({ url: broker.url, topics: ['a/{n}'], qos, version })
        const sender = await client(broker)
        for (const [topic, text] of byTime) await sender.publishAsync(topic, text, { qos })
        await out.until(() => out.frames.length === 6)
        assert.deepEqual(out.texts(), byTime)
        assert.deepEqual(
          out.channels.map(({ name, tags, input }) => ({ name, tags, input })),
          [
            { name: 'a/1', tags: { n: '1' }, input: 0 },
            { name: 'a/2', tags: { n: '2' }, input: 0 },
          ],
        )
        assert.equal(
          out.frames.every(({ packetId }) => packetId > 0 === (qos === 1)),
          true,
        )
        assert.equal(await stop(), 'aborted')
      }))

test('entries have their own inputs and tags, and the first match wins', () =>
  withBroker({}, async (broker) => {
    const { out, stop } = await start(
      {
        url: broker.url,
        topics: [
          { topic: 'z/{device}', time: { kind: 'arrival' }, tags: { kind: 'zigbee' } },
          '{device}/sensor/{field}/state',
          '+/#',
        ],
      },
      { common: { payloadTags: { id: '.id' }, constantTags: { site: 'hall' }, time: BY_PAYLOAD, decode: JSON_CODEC } },
    )
    const sender = await client(broker)
    for (const topic of ['z/lamp', 'esp/sensor/temp/state', 'q/r/s']) await sender.publishAsync(topic, '1')
    await out.until(() => out.frames.length === 3)
    assert.deepEqual(out.channels, [
      { name: 'z/lamp', input: 0, tags: { site: 'hall', kind: 'zigbee', device: 'lamp' }, field: undefined },
      { name: 'esp/sensor/temp/state', input: 1, tags: { site: 'hall', device: 'esp' }, field: 'temp' },
      { name: 'q/r/s', input: 2, tags: { site: 'hall', topic: 'q/r/s' }, field: undefined },
    ])
    await stop()
  }))

test('20,000 messages of QoS 1 at full speed: all framed and acknowledged', () =>
  withBroker({ config: 'max_inflight_messages 0' }, async (broker) => {
    const { source, out, stop } = await start({ url: broker.url, topics: ['load/{n}'], qos: 1 }, { gatherMs: 50 })
    const sender = await client(broker)
    const many = 20_000
    for (let n = 0; n < many; n++) sender.publish(`load/${n % 100}`, `{"n":${n}}`, { qos: 1 })
    await out.until(() => out.bursts.reduce((sum, n) => sum + n, 0) === many)
    const { acks, ackWrites, reads } = source.status!() as Record<string, number>
    assert.equal(new Set(out.frames.map(({ bytes }) => bytes.toString())).size, many)
    assert.equal(out.channels.length, 100)
    assert.equal(acks, many)
    assert.ok(ackWrites <= reads, `${ackWrites} writes for ${reads} reads`)
    await stop()
  }))

test('acknowledgements of a burst are one write', async () => {
  const many = 8000
  const messages = Buffer.concat(
    Array.from({ length: many }, (_, n) => Buffer.from([0x32, 6, 0, 1, 0x61, (n + 1) >> 8, (n + 1) & 255, 0x78])),
  )
  const acks: Buffer[] = []
  await withLiar(
    (socket, packet) => {
      if (packet[0] === 0x10) socket.write(Buffer.from([0x20, 2, 0, 0]))
      else if (packet[0] === 0x82)
        socket.write(Buffer.concat([Buffer.from([0x90, 3, packet[2], packet[3], 1]), messages]))
      else if (packet[0] === 0x40) acks.push(packet)
    },
    async (url) => {
      const { source, out, stop } = await start({ url, topics: ['a'], qos: 1, status: false })
      await out.until(() => out.bursts.reduce((sum, n) => sum + n, 0) === many)
      const { ackWrites } = source.status!() as Record<string, number>
      assert.ok(ackWrites <= 20, `${ackWrites} writes`)
      await stop()
      const ids = Buffer.concat(acks)
      for (let n = 0; n < many; n++) assert.equal(ids.readUInt32BE(n * 4), 0x40020000 + n + 1)
    },
  )
})

test('acknowledgements wait for the commit, and a broker that hears none sends again', () =>
  withBroker({}, async (broker) => {
    const options = { url: broker.url, topics: ['a/+'], qos: 1, clientId: 'held' }
    const { out, source, stop } = await start(options)
    out.holdCommits = true
    const sender = await client(broker)
    await sender.publishAsync('a/1', 'x', { qos: 1 })
    await out.until(() => out.commits.length === 1)
    assert.equal((source.status!() as { acks: number }).acks, 0)
    await stop()
    const second = await start(options)
    await second.out.until(() => second.out.frames.length === 1)
    assert.equal(second.out.frames[0].flags, 4, 'marked as sent before')
    await second.stop()
    const third = await start(options)
    await sender.publishAsync('a/1', 'y', { qos: 1 })
    await third.out.until(() => third.out.frames.length === 1)
    assert.deepEqual(third.out.texts(), [['a/1', 'y']])
    await third.stop()
  }))

test('no room: reading stops at that very frame and goes on when there is room', () =>
  withBroker({ config: 'max_inflight_messages 0' }, async (broker) => {
    const clock = new FakeClock()
    const { out, stop } = await start({ url: broker.url, topics: ['a'], qos: 1, keepalive: '1s' }, { room: 3, clock })
    const sender = await client(broker)
    for (let n = 0; n < 500; n++) sender.publish('a', `${n}`, { qos: 1 })
    await out.until(() => out.refusals === 1)
    assert.equal(out.frames.length, 3)
    // Far longer than the keep-alive allows without an answer.
    await clock.advance(10_000)
    out.makeRoom(1)
    await out.until(() => out.refusals === 2)
    out.makeRoom(Number.POSITIVE_INFINITY)
    await out.until(() => out.frames.length === 500)
    assert.deepEqual(
      out.texts().map(([, text]) => text),
      Array.from({ length: 500 }, (_, n) => `${n}`),
    )
    assert.equal(out.links.length, 1)
    assert.equal(await stop(), 'aborted')
  }))

test('keep-alive works under load and with pauses', () =>
  withBroker({}, async (broker) => {
    const clock = new FakeClock()
    const { out, ended, stop } = await start(
      { url: broker.url, topics: ['a'], keepalive: '1s' },
      { gatherMs: 100, clock },
    )
    const sender = await client(broker)
    let failed = false
    ended.catch(() => (failed = true))
    for (let n = 0; n < 60; n++) {
      for (let m = 0; m < 20; m++) await sender.publishAsync('a', 'x', { qos: 1 })
      await clock.advance(100)
    }
    assert.equal(failed, false)
    assert.ok(out.frames.length > 1000)
    assert.equal(await stop(), 'aborted')
  }))

test('a persistent session: what arrives while weir is down waits in the broker', () =>
  withBroker({}, async (broker) => {
    const options = { url: broker.url, topics: ['a/{n}'], qos: 1 }
    const first = await start(options, { name: 'lasting' })
    await first.stop()
    const sender = await client(broker)
    for (let n = 0; n < 50; n++) await sender.publishAsync('a/1', `${n}`, { qos: 1 })
    const second = await start(options, { name: 'lasting' })
    await second.out.until(() => second.out.frames.length === 50)
    assert.deepEqual(second.out.links, [{ state: 'up', detail: 'session resumed' }])
    await second.stop()
  }))

for (const version of ['3.1.1', 5])
  test(`MQTT ${version}: a topic that left the file is unsubscribed in the resumed session`, () =>
    withBroker({}, async (broker) => {
      const common = { url: broker.url, qos: 1, version, clientId: `leaver-${version}` }
      await (await start({ ...common, topics: ['a/+', 'b/+'] })).stop()
      const { out, stop } = await start({ ...common, topics: ['b/+'] })
      const sender = await client(broker)
      for (const topic of ['a/1', 'b/1']) await sender.publishAsync(topic, 'x', { qos: 1 })
      await out.until(() => out.frames.length === 1)
      assert.deepEqual(out.texts(), [['b/1', 'x']])
      assert.equal(out.counts.filtered, 0)
      await stop()
      const kept = JSON.parse(await readFile(join(stateDir, 'subscriptions.json'), 'utf8'))
      assert.deepEqual(kept.clients[`leaver-${version}@127.0.0.1:${broker.port}`], { 'b/+': 1 })
    }))

test('a broken subscriptions.json is tolerated', () =>
  withBroker({}, async (broker) => {
    const folder = await mkdtemp(join(stateDir, 'broken-'))
    await writeFile(join(folder, 'subscriptions.json'), '{"version":1,"clients":{"a":')
    const { out, stop } = await start({ url: broker.url, topics: ['a'], qos: 1 }, { stateDir: folder })
    await (await client(broker)).publishAsync('a', 'x')
    await out.until(() => out.frames.length === 1)
    await stop()
    assert.equal(JSON.parse(await readFile(join(folder, 'subscriptions.json'), 'utf8')).version, 1)
  }))

test('retained messages are skipped by default where time may be the arrival, and counted', () =>
  withBroker({}, async (broker) => {
    const sender = await client(broker)
    await sender.publishAsync('a/own', '1', { retain: true })
    await sender.publishAsync('a/arrival', '2', { retain: true })
    const topics = ['a/own', { topic: 'a/arrival', time: { kind: 'arrival' } }]
    const { out, stop } = await start({ url: broker.url, topics })
    await out.until(() => out.frames.length + out.counts.retained === 2)
    assert.deepEqual(out.texts(), [['a/own', '1']])
    assert.equal(out.frames[0].flags, 2)
    assert.equal(out.counts.retained, 1)
    await stop()
    for (const [retained, frames] of [
      ['take', 2],
      ['skip', 0],
    ] as const) {
      const other = await start({ url: broker.url, topics, retained })
      await other.out.until(() => other.out.frames.length + other.out.counts.retained === 2)
      assert.equal(other.out.frames.length, frames)
      await other.stop()
    }
  }))

for (const version of ['3.1.1', 5])
  test(`MQTT ${version}: who only listens takes over no session, shares no messages, leaves nothing and says nothing`, () =>
    withBroker({}, async (broker) => {
      const options = {
        url: broker.url,
        topics: ['a/{n}'],
        qos: 1,
        share: 'pair',
        version,
        clientId: 'fixed',
        retained: 'skip',
      }
      const name = `listened-${version}`
      const stateDir = await mkdtemp(join(tmpdir(), 'weir-listen-'))
      const sender = await client(broker)
      await sender.publishAsync('a/0', 'kept', { qos: 1, retain: true })
      const worker = await start(options, { name })
      const heard: string[] = []
      sender.on('message', (topic, payload) => heard.push(`${topic} ${payload}`))
      await sender.subscribeAsync('weir/+/status', { rh: 2 } as never)
      const listener = await start(options, { name, listenOnly: true, stateDir, gateway: 'silent' })
      for (let n = 0; n < 20; n++) await sender.publishAsync(`a/${n}`, 'x', { qos: 1 })
      await Promise.all([
        worker.out.until(() => worker.out.frames.length === 20),
        // The retained message too: it is decided later whether it counts.
        listener.out.until(() => listener.out.frames.length === 21),
      ])
      assert.equal(await listener.stop(), 'aborted')
      await sender.publishAsync('a/1', 'while away', { qos: 1 })
      const again = await start(options, { name, listenOnly: true, stateDir, gateway: 'silent' })
      assert.equal(again.out.links[0].detail, 'session new')
      await again.stop()
      assert.equal(worker.out.links.length, 1)
      assert.deepEqual(await readdir(stateDir), [])
      assert.ok(!heard.some((message) => message.includes('silent')), heard.join())
      await worker.stop()
      await rm(stateDir, { recursive: true })
    }))

test('a shared subscription spreads messages over the group', () =>
  withBroker({}, async (broker) => {
    const options = { url: broker.url, topics: ['a/{n}'], qos: 1, share: 'pair', version: 5 }
    const [one, two] = [await start(options), await start(options)]
    const sender = await client(broker)
    for (let n = 0; n < 40; n++) await sender.publishAsync('a/1', `${n}`, { qos: 1 })
    const total = () => one.out.frames.length + two.out.frames.length
    await Promise.all([one, two].map(({ out }) => out.until(() => total() === 40 || out.frames.length === 20)))
    assert.equal(total(), 40)
    assert.ok(one.out.frames.length > 0 && two.out.frames.length > 0)
    await Promise.all([one.stop(), two.stop()])
  }))

test('the will says online and offline, also when the connection is cut', () =>
  withBroker({}, async (broker) => {
    const watcher = await client(broker)
    const said: string[] = []
    let heard = () => {}
    watcher.on('message', (_topic, text) => {
      said.push(text.toString())
      heard()
    })
    const until = async (words: string[]) => {
      while (said.length < words.length) await new Promise<void>((resolve) => (heard = resolve))
      assert.deepEqual(said, words)
    }
    await watcher.subscribeAsync('weir/press-hall/status')
    const first = await start({ url: broker.url, topics: ['#'] }, { gateway: 'press-hall' })
    await until(['online'])
    await first.stop()
    await until(['online', 'offline'])
    const second = await start({ url: broker.url, topics: ['a'], clientId: 'cut' }, { gateway: 'press-hall' })
    await until(['online', 'offline', 'online'])
    await client(broker, { clientId: 'cut' })
    await until(['online', 'offline', 'online', 'offline'])
    await assert.rejects(second.ended)
    assert.deepEqual(first.out.frames, [], 'its own words are no data')
  }))

test('a session taken over without a word has its likely causes named', () =>
  withBroker({}, async (broker) => {
    const { ended } = await start({ url: broker.url, topics: ['a'], clientId: 'twin' })
    await client(broker, { clientId: 'twin', reconnectPeriod: 0 })
    await assert.rejects(ended, /the broker closed the connection.*"twin"/)
  }))

test('MQTT 5: a session taken over is said with its likely causes', () =>
  withLiar(
    (socket, packet) => {
      polite('e0 02 8e 00')(socket, packet)
      if (packet[0] === 0x82) socket.end()
    },
    async (url) => {
      const { ended } = await start({ url, topics: ['a'], clientId: 'twin', version: 5 })
      await assert.rejects(ended, /session taken over.*"twin".*a second weir/)
    },
  ))

test('a broker killed and back: run rejects, the next run resumes', () =>
  withBroker({ config: 'autosave_on_changes true\nautosave_interval 1' }, async (broker) => {
    const { source, out, ended } = await start({ url: broker.url, topics: ['a/+'], qos: 1 }, { name: 'survivor' })
    await broker.kill()
    await assert.rejects(ended, { code: 'WEIR_LINK' })
    await assert.rejects(
      source.run(out, new AbortController().signal),
      /source "survivor" cannot reach .*nothing listens there/,
    )
    await broker.start()
    const { stop } = await again(source, out)
    await (await client(broker)).publishAsync('a/1', 'x', { qos: 1 })
    await out.until(() => out.frames.length === 1)
    assert.equal(await stop(), 'aborted')
  }))

for (const version of ['3.1.1', 5])
  test(`MQTT ${version}: user and password, and a wrong one named without being told`, () =>
    withBroker({ users: { weir: 'right' } }, async (broker) => {
      const options = { url: broker.url, topics: ['a'], username: 'weir', version }
      const good = await start({ ...options, password: 'right' })
      assert.deepEqual(good.out.links, [{ state: 'up', detail: 'session new' }])
      await good.stop()
      const bad = await start({ ...options, password: 'wr0ng' }, { name: 'plant', wait: false })
      await assert.rejects(bad.ended, (error: Error) => {
        assert.match(error.message, /source "plant" cannot log in to .* as user "weir"/)
        assert.doesNotMatch(error.message, /wr0ng/)
        return true
      })
    }))

test('TLS: the broker is known by its authority, and refused otherwise', () =>
  withBroker({ tls: true }, async (broker) => {
    const options = { url: broker.url, topics: ['a/+'], qos: 1 }
    const { out, stop } = await start({ ...options, ca: broker.files.ca }, { gatherMs: 5 })
    const sender = await mqttJs.connectAsync(broker.url, { ca: await readFile(broker.files.ca) })
    const big = 'x'.repeat(200_000)
    for (let n = 0; n < 2000; n++) sender.publish('a/1', `${n}`, { qos: 1 })
    await sender.publishAsync('a/2', big, { qos: 1 })
    await out.until(() => out.frames.length === 2001)
    assert.equal(out.frames.find(({ bytes }) => bytes.length === big.length)?.bytes.toString(), big)
    await sender.endAsync()
    await stop()
    await assert.rejects((await start(options, { wait: false })).ended, /give its certificate as `ca`/)
    const missing = await start({ ...options, ca: '/nowhere/ca.pem' }, { wait: false })
    await assert.rejects(missing.ended, /cannot read `ca` "\/nowhere\/ca.pem"/)
    const other = await start({ ...options, ca: broker.files.ca, servername: 'elsewhere' }, { wait: false })
    await assert.rejects(other.ended, /set `servername`/)
  }))

test('mutual TLS: a client certificate opens the door', () =>
  withBroker({ tls: 'mutual' }, async (broker) => {
    const options = { url: broker.url, topics: ['a/+'], ca: broker.files.ca }
    const { out, stop } = await start({ ...options, cert: broker.files.cert, key: broker.files.key })
    assert.deepEqual(out.links, [{ state: 'up', detail: 'session new' }])
    await stop()
    await assert.rejects((await start(options, { wait: false })).ended, { code: 'WEIR_LINK' })
  }))

test('a message longer than maxFrameBytes is counted and acknowledged', () =>
  withBroker({}, async (broker) => {
    const options = { url: broker.url, topics: ['a'], qos: 1, clientId: 'small' }
    const { out, stop } = await start(options, { maxFrameBytes: 1000 })
    const sender = await client(broker)
    for (const size of [1000, 1001, 300_000]) await sender.publishAsync('a', 'x'.repeat(size), { qos: 1 })
    await sender.publishAsync('a', 'last', { qos: 1 })
    await out.until(() => out.frames.length === 2 && out.counts.dropped === 2)
    assert.deepEqual(
      out.frames.map(({ bytes }) => bytes.length),
      [1000, 4],
    )
    await stop()
    const second = await start(options, { maxFrameBytes: 1000 })
    await sender.publishAsync('a', 'after', { qos: 1 })
    await second.out.until(() => second.out.frames.length === 1)
    assert.deepEqual(second.out.texts(), [['a', 'after']])
    assert.equal(second.out.counts.dropped, 0)
    await second.stop()
  }))

test('no room for a channel: its messages are dropped, counted and acknowledged', () =>
  withBroker({}, async (broker) => {
    const { out, stop } = await start({ url: broker.url, topics: ['a/+'], qos: 1 }, { maxChannels: 1 })
    const sender = await client(broker)
    for (const topic of ['a/1', 'a/2', 'a/1']) await sender.publishAsync(topic, 'x', { qos: 1 })
    await out.until(() => out.frames.length === 2 && out.counts.dropped === 1)
    await stop()
  }))

test('WebSocket: the same frames through plain mqtt.js', () =>
  withBroker({ webSocket: true }, async (broker) => {
    const options = { url: broker.webSocketUrl, topics: ['a/{n}'], qos: 1 }
    const { out, stop } = await start(options, { room: 2 })
    const sender = await client(broker)
    for (const [topic, text] of byTime) await sender.publishAsync(topic, text, { qos: 1 })
    await out.until(() => out.refusals > 0)
    out.makeRoom(Number.POSITIVE_INFINITY)
    await out.until(() => out.frames.length === 6)
    assert.deepEqual(out.texts(), byTime)
    assert.equal(await stop(), 'aborted')
  }))

for (const version of ['3.1.1', 5])
  test(`MQTT ${version}: with \`fast: false\` mqtt.js reads the same frames`, () =>
    withBroker({}, async (broker) => {
      const options = { url: broker.url, topics: ['a/{n}'], qos: 1, version, fast: false }
      const { out, source, stop } = await start(options, { room: 2 })
      const sender = await client(broker)
      for (const [topic, text] of byTime) await sender.publishAsync(topic, text, { qos: 1 })
      await out.until(() => out.refusals > 0)
      out.makeRoom(Number.POSITIVE_INFINITY)
      await out.until(() => out.frames.length === 6)
      assert.deepEqual(out.texts(), byTime)
      assert.equal('reads' in source.status!(), false, 'no tap')
      assert.equal(await stop(), 'aborted')
    }))

test('a Unix socket', async () => {
  const folder = await mkdtemp(join(stateDir, 'unix-'))
  const path = join(folder, 'broker')
  await withBroker({ config: `listener 0 ${path}` }, async (broker) => {
    const url = `mqtt+unix://${path}`
    for (const fast of [true, false]) {
      const { out, source, stop } = await start({ url, topics: ['a/{n}'], qos: 1, fast })
      const sender = await client(broker)
      for (const [topic, text] of byTime) await sender.publishAsync(topic, text, { qos: 1 })
      await out.until(() => out.frames.length === 6)
      assert.deepEqual(out.texts(), byTime)
      assert.equal('reads' in source.status!(), fast)
      assert.equal(await stop(), 'aborted')
    }
  })
})

test('aedes is a broker too', async () => {
  const broker = await Aedes.createBroker()
  const server = net.createServer(broker.handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `mqtt://127.0.0.1:${(server.address() as net.AddressInfo).port}`
  const { out, stop } = await start({ url: url, topics: ['a/{n}'], qos: 1 })
  const sender = await mqttJs.connectAsync(url)
  for (const [topic, text] of byTime) await sender.publishAsync(topic, text, { qos: 1 })
  await out.until(() => out.frames.length === 6)
  assert.deepEqual(out.texts(), byTime)
  await sender.endAsync()
  await stop()
  await new Promise<void>((resolve) => broker.close(() => server.close(() => resolve())))
})

/** A broker that says what it is told to. */
async function withLiar(answers: (socket: net.Socket, packet: Buffer) => void, use: (url: string) => Promise<void>) {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (packet) => answers(socket, packet))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use(`mqtt://127.0.0.1:${(server.address() as net.AddressInfo).port}`)
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

/** Answers CONNECT and SUBSCRIBE of MQTT 5, then sends `then`. */
const polite =
  (...then: string[]) =>
  (socket: net.Socket, packet: Buffer) => {
    if (packet[0] === 0x10) socket.write(Buffer.from([0x20, 3, 0, 0, 0]))
    for (let at = 0; at < packet.length; at += 2 + packet[at + 1]) {
      if (packet[at] !== 0x82) continue
      socket.write(Buffer.from([0x90, 4, packet[at + 2], packet[at + 3], 0, 0]))
      for (const hex of then) socket.write(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
    }
  }

test('topic aliases stand for their topics', () =>
  withLiar(polite('30 08 00 01 61 03 23 00 05 78', '30 07 00 00 03 23 00 05 79'), async (url) => {
    const { out, stop } = await start({ url, topics: ['+'], version: 5 })
    await out.until(() => out.frames.length === 2)
    assert.deepEqual(out.texts(), [
      ['a', 'x'],
      ['a', 'y'],
    ])
    await stop()
  }))

test('what is not MQTT ends the run with a link error, its bytes counted', async () => {
  const wrong: [string, RegExp][] = [
    ['30 07 00 00 03 23 00 09 79', /topic alias 9 was never given a topic/],
    ['30 08 00 01 61 03 23 ff ff 79', /topic alias 65535, allowed are 1 to/],
    ['30 03 00 09 61', /shorter than its topic/],
    ['00 00', /type 0/],
    ['90 ff ff ff 7f', /control packet of/],
  ]
  for (const [hex, words] of wrong)
    await withLiar(polite('30 05 00 01 61 00 78', hex), async (url) => {
      const { out, ended } = await start({ url, topics: ['+'], version: 5 })
      await assert.rejects(ended, { code: 'WEIR_LINK', message: words })
      assert.equal(out.frames.length, 1)
      assert.ok(out.lost > 0)
    })
})

test('topics that are no text are dropped, topics nobody wants filtered', () =>
  withLiar(
    polite(
      '30 04 00 01 ff 00',
      '30 05 00 02 61 00 00',
      '30 05 00 02 2b 61 00',
      '30 04 00 01 62 00',
      '30 04 00 01 61 00',
    ),
    async (url) => {
      const { out, stop } = await start({ url, topics: ['a'], version: 5 })
      await out.until(() => out.frames.length === 1)
      assert.deepEqual(out.counts, { undecodable: 0, filtered: 1, retained: 0, duplicate: 0, dropped: 3 })
      await stop()
    },
  ))

test('random answers end runs with link errors and nothing else', async () => {
  let seed = 1
  const next = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  await withLiar(
    (socket) => {
      if (next(4) > 0) socket.write(Buffer.from([0x20, 3, 0, 0, 0]))
      for (let n = 0; n < 8; n++) {
        const body = Array.from({ length: next(12) }, () => (next(2) === 0 ? next(256) : next(8)))
        socket.write(Buffer.from([(next(14) + 2) << 4, body.length, ...body]))
      }
      socket.end()
    },
    async (url) => {
      for (let round = 0; round < 150; round++) {
        const { ended } = await start({ url, topics: ['+'], version: 5 }, { wait: false })
        await assert.rejects(ended, { code: 'WEIR_LINK' })
      }
    },
  )
})

for (const [timedByArrival, pauseMs] of [
  [true, 20],
  [false, 512],
] as const)
  test(`pauses ${timedByArrival ? 'are at most arrivalError when timed by arrival' : 'grow towards the tick'}; an abort ends one`, () =>
    withBroker({}, async (broker) => {
      const clock = new FakeClock()
      const { out, stop, source } = await start(
        { url: broker.url, topics: ['a'] },
        { gatherMs: 1000, timedByArrival, clock },
      )
      const sender = await client(broker)
      for (let n = 1; n <= 7; n++) {
        await sender.publishAsync('a', 'x')
        await out.until(() => out.bursts.length === n)
        await clock.advance(n < 7 ? 1000 : 0)
      }
      assert.equal(source.status!().pauseMs, pauseMs)
      assert.equal(await stop(), 'aborted')
      assert.equal(clock.waiting, 0, 'no timer is left')
    }))

test('a subscription the broker refuses is named', () =>
  withLiar(
    (socket, packet) => {
      if (packet[0] === 0x10) socket.write(Buffer.from([0x20, 3, 0, 0, 0]))
      if (packet[0] === 0x82) socket.write(Buffer.from([0x90, 5, packet[2], packet[3], 0, 0, 0x87]))
    },
    async (url) => {
      const { ended } = await start({ url, topics: ['open', 'closed'], version: 5 }, { name: 'plant', wait: false })
      await assert.rejects(ended, /source "plant" cannot subscribe at .*refuses "closed"; check its access list/)
    },
  ))

test('wrong options are told with what is allowed', () => {
  const wrong = (options: object, words: RegExp) => {
    const result = v.safeParse(v.strictObject(mqtt.options), { url: 'mqtt://h', topics: ['a'], ...options })
    assert.equal(result.success, false)
    assert.match(result.issues!.map((issue) => issue.message).join('\n'), words)
  }
  wrong({ qos: 2 }, /0 or 1; 2 is not needed/)
  wrong({ url: 'http://h' }, /mqtt:\/\/HOST/)
  wrong({ url: 'mqtt://me:secret@h' }, /keys of their own/)
  wrong({ url: 'mqtt+unix://host/path' }, /PATH of a socket/)
  wrong({ url: 'mqtt+unix:///' }, /PATH of a socket/)
  wrong({ fast: 'yes' }, /true or false/)
  wrong({ topics: [] }, /at least one topic/)
  wrong({ topics: ['a/#/b'] }, /not the last level/)
  wrong({ version: 4 }, /3\.1\.1 or 5/)
  wrong({ retained: 'maybe' }, /skip or take/)
  assert.match(
    mqtt.inputs(read({ url: 'mqtt://h', topics: ['a'], cert: 'c' }) as never, NO_TAGS, parse) as string,
    /`cert` and `key`/,
  )
  const twice = { ...NO_TAGS, constantTags: { x: '1' } }
  assert.match(
    mqtt.inputs(read({ url: 'mqtt://h', topics: ['a/{x}'] }) as never, twice, parse) as string,
    /tag "x" is given/,
  )
})

test('inputs: an entry before the source, JSON and arrival where nothing is said', () => {
  const options = read({
    url: 'mqtt://h',
    topics: ['a', { topic: 'b', time: BY_PAYLOAD, decode: { type: 'number' }, tags: { site: 'own' } }],
  })
  assert.deepEqual(inputsOf(options, { payloadTags: { site: '.s', id: '.id' }, constantTags: {} }), [
    { time: { kind: 'arrival' }, decode: { type: 'json' }, payloadTags: { site: '.s', id: '.id' }, constantTags: {} },
    { time: BY_PAYLOAD, decode: { type: 'number' }, payloadTags: { id: '.id' }, constantTags: { site: 'own' } },
  ])
})
