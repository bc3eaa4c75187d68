import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Plan } from '../../src/model/plan.js'
import type { ChannelSpec } from '../../src/model/source.js'
import type { Taps } from '../../src/model/taps.js'
import { RecordingReader } from '../../src/recording/reader.js'
import { recordRoute } from '../../src/recording/record-route.js'
import { Recorder } from '../../src/recording/recorder.js'
import { FakeClock } from '../support/fake-clock.js'
import { recordsOf } from '../support/recordings.js'

const T0 = 1_704_067_200_000_000
const S = 1e6

const plan = {
  gateway: 'hall-3',
  sources: [
    { name: 'history', type: 'file', finite: true, inputs: [] },
    { name: 'plant', type: 'mqtt', finite: false, inputs: [{ constantTags: { hall: 'north', side: 'left' } }] },
  ],
} as unknown as Plan

const channel = (name: string): ChannelSpec => ({ name, input: 0, tags: { hall: 'north', side: 'right', m: name } })

class Tapped {
  readonly clock = new FakeClock(T0)
  readonly taps = new Set<Taps>()
  readonly recorded = {
    plan,
    clock: this.clock,
    tap: (taps: Taps) => {
      this.taps.add(taps)
      return () => void this.taps.delete(taps)
    },
  }

  frame(spec: ChannelSpec, text: string, arrivalUs = this.clock.nowUs(), source = 'plant'): void {
    const bytes = Buffer.from(`<${text}>`)
    for (const taps of this.taps)
      taps.frame?.(source, spec, { bytes, start: 1, end: bytes.length - 1, arrivalUs, flags: 2, packetId: 7 })
  }
}

async function* chunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) yield Buffer.from(chunk)
}

test('frames, counts and losses of live sources are recorded, and the end', async () => {
  const tapped = new Tapped()
  const recorder = new Recorder(tapped.recorded)
  const [one, two] = [channel('one'), channel('two')]
  tapped.frame(one, 'a')
  tapped.frame(channel('rows'), 'x,y', T0, 'history')
  await tapped.clock.advance(300)
  tapped.frame(two, 'b')
  tapped.frame(one, 'c')
  for (const taps of tapped.taps) {
    taps.counted?.('plant', 'retained', 2)
    taps.counted?.('plant', 'retained', 3)
    taps.lost?.('plant', 40)
    taps.lost?.('history', 1)
  }
  await tapped.clock.advance(5000)
  recorder.stop()
  tapped.frame(one, 'too late')
  assert.equal(tapped.taps.size, 0)
  assert.equal(tapped.clock.waiting, 0)
  const reader = await RecordingReader.read('r', chunks(recorder.stream))
  const { gateway, startedUs, sources } = reader.header
  assert.deepEqual([gateway, startedUs, sources], ['hall-3', T0, [{ name: 'plant', type: 'mqtt' }]])
  assert.deepEqual(await recordsOf(reader), [
    `0 one @${T0} 2 7 a`,
    `0 two @${T0 + 300_000} 2 7 b`,
    `0 one @${T0 + 300_000} 2 7 c`,
    '0 retained 5',
    '0 lost 40',
    `end {"endedUs":${T0 + 5.3 * S},"frames":3,"missed":0}`,
  ])
  // Tags that the configuration gives to all channels are not the channel's own.
  assert.deepEqual(reader.channels[0].spec.tags, { side: 'right', m: 'one' })
})

test('what a slow reader does not take is missed, counted where it is missing, and costs no memory', async () => {
  const tapped = new Tapped()
  const recorder = new Recorder(tapped.recorded, 200_000)
  const one = channel('one')
  const text = 'x'.repeat(10_000)
  for (let i = 0; i < 100; i++) tapped.frame(one, text)
  const read = chunks(recorder.stream)
  const first: Buffer[] = []
  for (let bytes = 0; bytes < 200_000; bytes += first.at(-1)!.length) first.push((await read.next()).value!)
  await tapped.clock.advance(10)
  tapped.frame(one, 'again')
  recorder.stop()
  const rest: Buffer[] = []
  for await (const chunk of read) rest.push(chunk)
  async function* all() {
    yield* first
    yield* rest
  }
  const records = await recordsOf(await RecordingReader.read('r', all()))
  const before = records.findIndex((record) => record.startsWith('missed'))
  assert.ok(before > 15 && before < 30, `${before} frames held`)
  assert.equal(records[before], `missed ${100 - before}`)
  assert.match(records[before + 1], / again$/)
  assert.match(records.at(-1)!, new RegExp(`"frames":${before + 1},"missed":${100 - before}}`))
})

test('a wall clock set forward is told from time that passed', async () => {
  const tapped = new Tapped()
  const recorder = new Recorder(tapped.recorded)
  const one = channel('one')
  tapped.frame(one, 'a')
  await tapped.clock.advance(2000)
  tapped.frame(one, 'b')
  tapped.clock.stepWall(T0 + 1000 * S)
  await tapped.clock.advance(500)
  tapped.frame(one, 'c')
  tapped.clock.stepWall(T0)
  tapped.frame(one, 'd')
  recorder.stop()
  const records = await recordsOf(await RecordingReader.read('r', chunks(recorder.stream)))
  assert.deepEqual(
    records.slice(0, -1).map((record) => record.replace(/ 2 7 /, ' ')),
    [`0 one @${T0} a`, `0 one @${T0 + 2 * S} b`, `step ${998 * S}`, `0 one @${T0 + 1000.5 * S} c`, `0 one @${T0} d`],
  )
})

test('the address /record gives out recordings, a few at a time; who goes away costs nothing any more', async () => {
  const tapped = new Tapped()
  const route = recordRoute(tapped.recorded)
  const ask = async () => route.answer(new Request('http://localhost/record'))
  const answers = [await ask(), await ask(), await ask(), await ask()]
  assert.ok(answers.every(({ status }) => status === 200))
  assert.equal(tapped.taps.size, 4)
  const fifth = await ask()
  assert.deepEqual([fifth.status, await fifth.text()], [503, '4 recordings are being made already; end one of them\n'])
  await answers[0].body!.cancel()
  assert.equal(tapped.taps.size, 3)
  assert.equal((await ask()).status, 200)
  await route.answer(new Request('http://localhost/record', { method: 'HEAD' }))
  assert.equal(tapped.taps.size, 4)
})
