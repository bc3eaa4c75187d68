import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FRAME_BYTES, FRAME_CHANNEL, FRAME_FLAGS, FRAME_PACKET_ID } from '../../assembly/layout.js'
import { FRAME_FLAGS as FLAGS } from '../../src/model/source.js'
import { MemoryDisk } from '../support/memory-disk.js'
import { Rig } from '../support/rig.js'

const config = {
  durability: 'process',
  stateDir: '/state',
  sources: { a: { type: 'script', wait: '0s' } },
  windows: { w: { of: '*', every: '1h', reduce: ['count', 'sum'] } },
}

type Message = [text: string, id: number, again?: boolean]

/** Frames as they lie in blocks, behind 16 bytes of something else. */
function stretch(channel: number, messages: readonly Message[]): Buffer {
  const frames = messages.map(([text, id, again]) => {
    const frame = Buffer.alloc(FRAME_BYTES + ((text.length + 7) & ~7))
    frame.writeUInt32LE(text.length)
    frame.writeUInt32LE(channel, FRAME_CHANNEL)
    frame.writeUInt32LE(again ? FLAGS.dup : 0, FRAME_FLAGS)
    frame.writeUInt32LE(id, FRAME_PACKET_ID)
    frame.write(text, FRAME_BYTES)
    return frame
  })
  return Buffer.concat([Buffer.alloc(16, 0xff), ...frames])
}

async function begin(): Promise<{ rig: Rig; take(...messages: Message[]): Promise<void> }> {
  const rig = new Rig({ config, disk: new MemoryDisk() })
  await rig.start()
  const { out } = rig.script('a')
  out.session(false)
  const channel = out.channel({ name: 'c', input: 0, tags: { device: 'd' } })
  return {
    rig,
    async take(...messages) {
      const bytes = stretch(channel, messages)
      assert.ok(out.roomFor(FRAME_BYTES + 8) >= bytes.length - 16)
      out.takeFrames(bytes, 16, bytes.length)
      out.endBurst()
      await rig.advance(300)
    },
  }
}

const counts = (rig: Rig) => {
  const { frames, samples } = rig.gateway.status().sources[0]
  return { in: frames.in, decoded: frames.decoded, duplicate: frames.duplicate, reduced: samples.reduced }
}

test('a stretch of frames is taken as its frames would be, without those that came before', async () => {
  const { rig, take } = await begin()
  await take(['1', 1], ['22222222222', 2], ['3', 3])
  assert.deepEqual(counts(rig), { in: 3, decoded: 3, duplicate: 0, reduced: 3 })
  rig.script('a').out.session(true)
  // First, last and two in a row; between them new ones, of several lengths.
  await take(
    ['1', 1, true],
    ['44444444444444444', 4],
    ['22222222222', 2, true],
    ['3', 3, true],
    ['5', 5],
    ['1', 1, true],
  )
  assert.deepEqual(counts(rig), { in: 9, decoded: 5, duplicate: 4, reduced: 5 })
})

test('there is room for what was said, and none is left in a full block until it is decoded', async () => {
  const { rig } = await begin()
  const { out } = rig.script('a')
  const channel = out.channel({ name: 'c', input: 0, tags: { device: 'd' } })
  const one = FRAME_BYTES + 8
  let sent = 0
  for (let round = 0; round < 3; round++) {
    const room = out.roomFor(one)
    const fits = Math.floor(room / one)
    assert.ok(fits > 100, `room for ${fits}`)
    const bytes = stretch(
      channel,
      Array.from({ length: fits }, () => ['1', 0]),
    )
    out.takeFrames(bytes, 16, bytes.length)
    sent += fits
  }
  out.endBurst()
  await rig.advance(300)
  assert.deepEqual(counts(rig), { in: sent, decoded: sent, duplicate: 0, reduced: sent })
})

test('a stretch that is not whole frames, or has no room, is a bug', async () => {
  const { rig } = await begin()
  const { out } = rig.script('a')
  const bytes = stretch(0, [['12345678', 0]])
  assert.throws(() => out.takeFrames(bytes, 16, bytes.length - 8), /offered a frame of 8 bytes/)
  const many = stretch(
    0,
    Array.from({ length: 200_000 }, () => ['1', 0]),
  )
  assert.throws(() => out.takeFrames(many, 16, many.length), /without room/)
})
