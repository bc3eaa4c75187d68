import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cobsDecode, cobsEncode } from '../../../firmware-bridge/host/cobs.js'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const counting = (from: number, to: number) => Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i)

// The examples of the paper's page, by run length; 0xff is the longest run.
const known: [plain: Uint8Array, stuffed: string][] = [
  [Uint8Array.of(), '01'],
  [Uint8Array.of(0), '0101'],
  [Uint8Array.of(0, 0), '010101'],
  [Uint8Array.of(0, 0x11, 0), '01021101'],
  [Uint8Array.of(0x11, 0x22, 0, 0x33), '031122' + '0233'],
  [Uint8Array.of(0x11, 0, 0, 0), '0211010101'],
  [counting(1, 254), `ff${hex(counting(1, 254))}`],
  [counting(0, 254), `01ff${hex(counting(1, 254))}`],
  [counting(1, 255), `ff${hex(counting(1, 254))}02ff`],
  [Uint8Array.of(...counting(2, 255), 0), `ff${hex(counting(2, 255))}0101`],
  [Uint8Array.of(...counting(3, 255), 0, 1), `fe${hex(counting(3, 255))}0201`],
]

test('known bytes, there and back', () => {
  for (const [plain, stuffed] of known) {
    assert.equal(hex(cobsEncode(plain)), stuffed)
    const into = new Uint8Array(plain.length)
    const bytes = Buffer.from(stuffed, 'hex')
    assert.equal(cobsDecode(bytes, 0, bytes.length, into), plain.length, stuffed)
    assert.equal(hex(into), hex(plain))
  }
})

test('any bytes come back, in place too, and hold no 0 on the way', () => {
  const bytes = fc.uint8Array({ maxLength: 1200, min: 0, max: 255 })
  const mostly = fc.array(fc.constantFrom(0, 1, 255), { maxLength: 900 }).map((list) => Uint8Array.from(list))
  fc.assert(
    fc.property(fc.oneof(bytes, mostly), (plain) => {
      const stuffed = cobsEncode(plain)
      assert.ok(!stuffed.includes(0))
      const length = cobsDecode(stuffed, 0, stuffed.length, stuffed)
      assert.equal(hex(stuffed.subarray(0, length)), hex(plain))
    }),
  )
})

test('what is no stuffed bytes, or does not fit, is told; nothing is written past the end', () => {
  const decode = (text: string, room: number) => {
    const bytes = Buffer.from(text, 'hex')
    const into = new Uint8Array(room + 4).fill(0xee)
    const length = cobsDecode(bytes, 0, bytes.length, into.subarray(0, room))
    assert.ok(into.subarray(room).every((byte) => byte === 0xee))
    return length
  }
  assert.equal(decode('', 9), -1)
  assert.equal(decode('00', 9), -1)
  assert.equal(decode('0311', 9), -1)
  assert.equal(decode('03110022', 9), -1)
  assert.equal(decode('0211', 0), -1)
  assert.equal(decode('0101', 0), -1)
  assert.equal(decode('0101', 1), 1)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (soup, room) => {
      assert.ok(decode(hex(soup), room) <= room)
    }),
  )
})
