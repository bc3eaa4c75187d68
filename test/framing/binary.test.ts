import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as v from 'valibot'
import { cobsEncode } from '../../firmware-bridge/host/cobs.js'
import { framings } from '../../src/framing/index.js'
import { crcs } from '../../src/memory/crc.js'
import { found } from '../support/framing.js'

// Laws that hold for every framing of bytes; senders here are written from the formats' definitions.

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function checked(bytes: Uint8Array, name: string): Buffer {
  const crc = crcs.find((one) => one.name === name)!
  const value = crc.of(bytes, 0, bytes.length)
  const tail = Array.from(
    { length: crc.bytes },
    (_, i) => value >>> (8 * (crc.order === 'little' ? i : crc.bytes - 1 - i)),
  )
  return Buffer.concat([bytes, Uint8Array.from(tail)])
}

function slipped(bytes: Uint8Array): Buffer {
  const escaped = [...bytes].flatMap((byte) => (byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : byte))
  return Buffer.from([...escaped, 0xc0])
}

interface Case {
  name: string
  type: string
  options: object
  send(payload: Uint8Array): Uint8Array
}

const lengthHead = (payload: Uint8Array) => Buffer.from([payload.length & 255, payload.length >> 8])

const cases: Case[] = [
  {
    name: 'cobs with crc32',
    type: 'cobs',
    options: { crc: 'crc32-iso-hdlc' },
    send: (payload) => Buffer.concat([cobsEncode(checked(payload, 'crc32-iso-hdlc')), Uint8Array.of(0)]),
  },
  {
    name: 'cobs with crc16',
    type: 'cobs',
    options: { crc: 'crc16-ibm-3740' },
    send: (payload) => Buffer.concat([cobsEncode(checked(payload, 'crc16-ibm-3740')), Uint8Array.of(0)]),
  },
  {
    name: 'slip with crc16',
    type: 'slip',
    options: { crc: 'crc16-modbus' },
    send: (payload) => slipped(checked(payload, 'crc16-modbus')),
  },
  {
    name: 'length with sync and crc16',
    type: 'length',
    options: { sync: '\\xaa\\x55', crc: 'crc16-xmodem' },
    send: (payload) =>
      Buffer.concat([
        Uint8Array.of(0xaa, 0x55),
        checked(Buffer.concat([lengthHead(payload), payload]), 'crc16-xmodem'),
      ]),
  },
  {
    name: 'length with an address, counting the rest, and crc32 over all',
    type: 'length',
    options: {
      sync: '~',
      offset: 3,
      size: 1,
      counts: 'rest',
      crc: 'crc32-iso-hdlc',
      crcFrom: 'sync',
    },
    send: (payload) =>
      checked(Buffer.concat([Buffer.from('~abc'), Uint8Array.of(payload.length + 4), payload]), 'crc32-iso-hdlc'),
  },
]

const MAX = 200
function framer({ type, options }: Case) {
  const component = framings.find((one) => one.type === type)!
  const { issues, output } = v.safeParse(v.strictObject(component.options), options)
  assert.equal(issues, undefined)
  return component.create(output as never, MAX)
}

const payloads = [
  Buffer.from('temp=21.5'),
  Uint8Array.of(0, 0xc0, 0xdb, 0xaa, 0x55, 0, 0x7e, 255),
  Uint8Array.from({ length: MAX }, (_, i) => (i * 37) & 255),
  Uint8Array.of(7),
]

for (const one of cases) {
  const stream = Buffer.concat(payloads.map((payload) => one.send(payload)))
  const whole = payloads.map(hex)

  test(`${one.name}: frames come out as they went in, however the stream is cut`, () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const seen = found(framer(one), [stream.subarray(0, cut), stream.subarray(cut)])
      assert.deepEqual(seen, { frames: whole, lost: 0, bad: { crc: 0, malformed: 0, long: 0 } }, `cut at ${cut}`)
    }
    const bytewise = Array.from(stream, (byte) => Uint8Array.of(byte))
    assert.deepEqual(found(framer(one), bytewise).frames, whole)
  })

  test(`${one.name}: no flipped bit makes another frame, and at most two frames are lost by it`, () => {
    for (let bit = 0; bit < stream.length * 8; bit++) {
      const flipped = Buffer.from(stream)
      flipped[bit >>> 3] ^= 1 << (bit & 7)
      const { frames, lost } = found(framer(one), [flipped])
      const wrong = frames.filter((frame) => !whole.includes(frame))
      assert.deepEqual(wrong, [], `bit ${bit}`)
      assert.ok(frames.length >= whole.length - 2, `bit ${bit}: ${frames.length} frames`)
      // The bit may have been in what frames the frame alone, which no check covers.
      if (frames.length < whole.length) assert.ok(lost > 0, `bit ${bit}`)
    }
  })

  test(`${one.name}: back in step within two frames of garbage`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (garbage) => {
        // Enough of them that whatever length the garbage seems to promise has come.
        const many = Array.from({ length: 60 }, (_, i) => Uint8Array.of(i, 1, 2, 3))
        const { frames } = found(framer(one), [garbage, ...many.map((payload) => one.send(payload))])
        assert.deepEqual(frames.slice(-58), many.slice(-58).map(hex))
      }),
    )
  })

  test(`${one.name}: every byte of any soup is in a frame or lost, the same for every cut`, () => {
    const soup = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc
        .array(fc.constantFrom(0, 1, 0xaa, 0x55, 0x7e, 0xc0, 0xdb, 0xdc, 0xff), { maxLength: 1500 })
        .map((list) => Uint8Array.from(list)),
    )
    fc.assert(
      fc.property(soup, fc.array(fc.nat(2000), { maxLength: 6 }), (bytes, cuts) => {
        const { frames, lost } = found(framer(one), [bytes])
        assert.ok(frames.every((frame) => frame.length <= 2 * MAX))
        assert.ok(lost <= bytes.length)
        if (!frames.length && one.type === 'length') assert.equal(lost, bytes.length)
        const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
        assert.deepEqual(found(framer(one), chunks), found(framer(one), [bytes]))
      }),
    )
  })
}

test('a good frame right behind a beginning that promises too much is found', () => {
  const one = cases[3]
  const good = one.send(Buffer.from('good'))
  const huge = Uint8Array.of(0xaa, 0x55, 0xff, 0xff)
  assert.deepEqual(found(framer(one), [huge, good]), {
    frames: [hex(Buffer.from('good'))],
    lost: 4,
    bad: { crc: 0, malformed: 0, long: 1 },
  })
  // One that fits is waited for, and what was inside of it is looked through again.
  const promising = Buffer.concat([Uint8Array.of(0xaa, 0x55, 20, 0), good, good, good])
  const seen = found(framer(one), [promising])
  assert.deepEqual(seen.frames, Array(3).fill(hex(Buffer.from('good'))))
  assert.deepEqual(seen.bad, { crc: 1, malformed: 0, long: 0 })
})

test('a length that counts less than its own head is malformed', () => {
  const made = framer({ name: '', type: 'length', options: { size: 1, counts: 'frame' }, send: (bytes) => bytes })
  assert.deepEqual(found(made, [Uint8Array.of(0, 3, 7, 8)]), {
    frames: ['0708'],
    lost: 1,
    bad: { crc: 0, malformed: 1, long: 0 },
  })
})

test('a stream made of beginnings does not cost its square', () => {
  const component = framings.find(({ type }) => type === 'length')!
  const options = v.parse(v.strictObject(component.options), {
    sync: 'a',
    size: 2,
    maxPayload: 60_000,
    crc: 'crc16-xmodem',
  })
  const made = component.create(options as never, 60_000)
  // Each third byte begins a frame of 50,000 bytes whose check is wrong.
  const beginnings = Buffer.alloc(600_000, Uint8Array.of(0x61, 0x50, 0xc3))
  let losses = 0
  const bad: string[] = []
  const to = {
    frame: () => assert.fail('a frame'),
    lost(_: number, why?: string) {
      losses++
      if (why) bad.push(why)
    },
  }
  made.push(beginnings, to)
  assert.ok(losses < 7000, `${losses} steps, each second a check of 50,000 bytes`)
  assert.deepEqual(bad, ['crc'])
})

test('frames too long are lost, and the next one is whole', () => {
  for (const one of cases.slice(0, 3)) {
    const long = Uint8Array.from({ length: MAX + 1 }, () => 1)
    const seen = found(framer(one), [one.send(long), one.send(payloads[0])])
    assert.deepEqual(seen.frames, [hex(payloads[0])], one.name)
    assert.deepEqual(seen.bad, { crc: 0, malformed: 0, long: 1 }, one.name)
    assert.equal(seen.lost, one.send(long).length)
    const endless = Uint8Array.from({ length: 100_000 }, () => 1)
    assert.equal(found(framer(one), [endless, one.send(payloads[0])]).bad.long, 1)
  }
})

test('at its defaults a length framing loses no good frame behind garbage of a wrong baud rate, with sync or without', () => {
  const component = framings.find(({ type }) => type === 'length')!
  for (const sync of [undefined, '\\xaa\\x55'])
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), (garbage) => {
        const options = v.parse(v.strictObject(component.options), { sync, crc: 'crc32-iso-hdlc' })
        const payload = Buffer.from('temp=21.5')
        const body = checked(Buffer.concat([lengthHead(payload), payload]), 'crc32-iso-hdlc')
        const frame = sync ? Buffer.concat([Uint8Array.of(0xaa, 0x55), body]) : body
        // As many as the longest length the garbage may seem to promise holds back, and a few.
        const sent = 200
        const seen = found(component.create(options as never, 1 << 20), [garbage, ...Array(sent).fill(frame)], false)
        assert.equal(seen.lost, garbage.length)
        assert.equal(seen.frames.length, sent)
        assert.ok(seen.bad.crc + seen.bad.malformed + seen.bad.long <= 1)
      }),
      { numRuns: 300 },
    )
})
