import assert from 'node:assert/strict'
import { test } from 'node:test'
import { line } from '../../../src/framing/line.js'
import { LinkError } from '../../../src/model/errors.js'
import type { Port } from '../../../src/sources/serial/binding.js'
import { Gathering } from '../../../src/sources/serial/gathering.js'
import { PortReader } from '../../../src/sources/serial/reader.js'
import { Receiver } from '../../../src/sources/serial/receiver.js'
import { FakeClock, settle } from '../../support/fake-clock.js'
import { RecordingOutput } from '../../support/source-output.js'

const SLOW_US = 10e6 / 9600

/** A port of which every look is counted. */
class FakePort implements Port {
  readonly isDirect = true
  looks = 0
  /** Times that the reader asked to be woken. */
  waits = 0
  gone = false
  #held = ''
  #wake: (() => void) | undefined

  /** Bytes arrive. */
  bring(text: string): void {
    this.#held += text
    this.wake()
  }

  wake(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  read(into: Uint8Array): number {
    this.looks++
    if (this.gone) throw new LinkError('gone')
    const bytes = Buffer.from(this.#held)
    this.#held = ''
    into.set(bytes)
    return bytes.length
  }

  readable(): Promise<void> {
    this.waits++
    return new Promise((resolve) => (this.#wake = resolve))
  }

  write(): void {}
  async setDtr(): Promise<void> {}
  async close(): Promise<void> {
    this.wake()
  }
}

function reading(clock: FakeClock, arrivalErrorUs = Number.POSITIVE_INFINITY) {
  const port = new FakePort()
  const out = new RecordingOutput(clock, { gatherMs: 100 })
  const channel = out.channel({ name: 'p', input: 0, tags: {} })
  const take = (bytes: Uint8Array, start: number, end: number) => out.frame(channel, bytes, start, end, 0, 0)
  const framer = line.create({ delimiter: Uint8Array.of(10) }, 1024)
  const gathering = new Gathering(SLOW_US, arrivalErrorUs, clock.monotonicMs())
  const reader = new PortReader(port, framer, new Receiver(out, { take }), gathering, out, () => {})
  return { port, out, reader, running: reader.run().then(String, (error) => error.message) }
}

test('woken by the first bytes, then read by the clock alone, and woken again after a silence', async () => {
  const clock = new FakeClock()
  const { port, out, reader, running } = reading(clock)
  port.bring('a\n')
  await settle()
  assert.deepEqual([port.waits, port.looks, out.frames.length, clock.waiting], [1, 1, 1, 1])
  for (let i = 0; i < 5; i++) {
    port.bring('b\nc\n')
    await settle()
    assert.equal(out.bursts.length, i + 1)
    await clock.advance(100)
    assert.deepEqual([port.waits, port.looks, out.bursts.length], [1, i + 2, i + 2])
  }
  await clock.advance(100)
  assert.deepEqual([port.waits, port.looks, clock.waiting], [2, 7, 0])
  port.bring('d\n')
  await settle()
  assert.equal(out.frames.length, 12)
  assert.deepEqual(reader.status(), { direct: true, reads: 7, bytes: 24, pauseMs: 100 })
  reader.stop()
  assert.equal(await running, 'undefined')
  assert.equal(clock.waiting, 0)
})

test('ports that were opened at any time are read on the same wake-ups', async () => {
  const clock = new FakeClock()
  const ports: ReturnType<typeof reading>[] = []
  for (let ms = 0; ms < 40; ms++) {
    if (ms % 7 === 0 && ports.length < 4) ports.push(reading(clock, 20_000))
    for (const { port } of ports) port.bring('a\n')
    await clock.advance(1)
  }
  const waits = ports.map(({ port }) => port.waits)
  const times = new Set<number>()
  for (let ms = 0; ms < 100; ms++) {
    const before = ports.map(({ port }) => port.looks)
    for (const { port } of ports) port.bring('b\n')
    await clock.advance(1)
    const looked = ports.filter(({ port }, i) => port.looks > before[i]).length
    if (looked > 0) times.add(looked)
  }
  assert.deepEqual([...times], [4])
  assert.deepEqual(waits, [1, 1, 1, 1])
  for (const { reader } of ports) reader.stop()
})

test('gone in a pause or while it waits: the end, and what was held of a line is lost', async () => {
  for (const inPause of [true, false]) {
    const clock = new FakeClock()
    const { port, out, running } = reading(clock)
    port.bring('a\nhalf')
    await settle()
    if (!inPause) await clock.advance(100)
    port.gone = true
    port.wake()
    await clock.advance(100)
    assert.equal(await running, 'gone')
    assert.equal(out.lost, 4)
    assert.equal(clock.waiting, 0)
  }
})
