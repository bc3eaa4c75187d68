import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ITEM_BYTES,
  ITEM_FLOAT,
  ITEM_INTEGER,
  ITEM_SLACK,
  ITEM_TEXT,
  ITEM_VALUE,
  ITEM_WHAT,
  POWERS_BYTES,
} from '../../../assembly/encode/layout.js'
import { instantiateEncode } from '../../../src/memory/modules.js'
import { writePowers } from '../../../src/memory/powers.js'
import { Memory } from '../../../src/memory/regions.js'

const MOST = 20_000
const memory = new Memory({ powers: POWERS_BYTES, text: 16, items: MOST * ITEM_BYTES, out: MOST * 32 + ITEM_SLACK })
const { powers, text, items, out } = memory.regions
const module = instantiateEncode(memory.memory)
writePowers(memory, powers.start)
memory.u8[text.start] = 10

/** What the module makes of numbers, each behind a line feed. */
function texts(values: readonly number[], kind: number = ITEM_FLOAT): string[] {
  assert.ok(values.length <= MOST)
  values.forEach((value, i) => {
    const item = items.start + i * ITEM_BYTES
    memory.f64[(item + ITEM_VALUE) >>> 3] = value
    memory.u32[(item + ITEM_TEXT) >>> 2] = text.start
    memory.u32[(item + ITEM_WHAT) >>> 2] = (1 << 2) | kind
  })
  const end = items.start + values.length * ITEM_BYTES
  assert.equal(module.encode(items.start, end, out.start, out.end, powers.start), end)
  const all = Buffer.from(memory.u8.slice(out.start, module.textEnd.value)).toString('latin1')
  return all.split('\n').slice(1)
}

/** They and their negatives; in blocks, for the module's memory is not endless. */
function check(values: Iterable<number>): void {
  let block: number[] = []
  const settle = () => {
    texts(block).forEach((got, i) => {
      if (got !== String(block[i])) assert.equal(got, String(block[i]))
    })
    block = []
  }
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    block.push(value, -value)
    if (block.length === MOST) settle()
  }
  settle()
}

// xorshift32, so that a failure comes again.
let state = 0x9e3779b9
function next(): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return state >>> 0
}
const below = (n: number) => Math.floor((next() / 2 ** 32) * n)

const bits = new DataView(new ArrayBuffer(8))
const double = (pattern: bigint): number => {
  bits.setBigUint64(0, pattern)
  return bits.getFloat64(0)
}
const pattern = (value: number): bigint => {
  bits.setFloat64(0, value)
  return bits.getBigUint64(0)
}
function* times(n: number, make: () => number): Generator<number> {
  for (let i = 0; i < n; i++) yield make()
}
/** A double and those before and behind it. */
function* around(value: number, by = 3): Generator<number> {
  const middle = pattern(value)
  for (let i = -by; i <= by; i++) {
    const near = middle + BigInt(i)
    if (near >= 0n) yield double(near)
  }
}

test('any bits', () => check(times(300_000, () => double((BigInt(next()) << 32n) | BigInt(next())))))

test('every exponent, at its edges and in between', () => {
  for (let exponent = 0n; exponent < 2047n; exponent++) {
    const power = exponent << 52n
    check(around(double(power)))
    check(times(20, () => double(power | (BigInt(below(2 ** 20)) << 32n) | BigInt(next()))))
  }
})

test('every power of ten and its multiples, and the doubles beside', () => {
  for (let power = -324; power <= 308; power++)
    for (let digit = 1; digit < 10; digit++) check(around(Number(`${digit}e${power}`)))
})

test('the least and the greatest', () => {
  check([0, -0, Number.MIN_VALUE, Number.MAX_VALUE, Number.EPSILON, Number.MAX_SAFE_INTEGER, 2 ** -1022])
  check(times(50_000, () => double((BigInt(below(2 ** 20)) << 32n) | BigInt(next()))))
  check(times(2000, () => double(BigInt(below(2000)))))
})

test('integers, also near 2^53 and where the exponent begins', () => {
  check(times(100_000, () => below(2 ** (1 + below(32))) * 2 ** below(40)))
  for (const edge of [1e4, 1e8, 1e11, 1e12, 1e15, 1e16, 1e17, 2 ** 53, 1e20, 1e21, 1e22]) check(around(edge, 500))
  for (let n = 0; n < 20_000; n++) check([n])
})

test('halves between integers of any size, and values half way between shorter decimals', () => {
  check(times(100_000, () => below(2 ** (1 + below(32))) + 0.5 ** (1 + below(20))))
  check(times(100_000, () => Number(`${1 + below(1e9)}5e${below(60) - 40}`)))
})

test('decimals with few digits', () => {
  for (let digits = 0; digits <= 17; digits++)
    check(
      times(10_000, () =>
        Number(
          `${below(10 ** below(8))}.${
            String(next())
              .padStart(17, '0')
              .slice(17 - digits) || 0
          }`,
        ),
      ),
    )
  check(times(100_000, () => Number(`${below(1e6)}e${below(60) - 30}`)))
})

test('what sensors and means give', () => {
  check(times(100_000, () => below(1e6) / 7))
  check(times(100_000, () => below(1e6) / 1e3 / (1 + below(100))))
  check(times(100_000, () => next() / 2 ** 32))
})

test('a count has an i behind it', () =>
  assert.deepEqual(texts([0, 5, 1234567, 2 ** 53], ITEM_INTEGER), ['0i', '5i', '1234567i', '9007199254740992i']))

test('where room ends it stops before the item, and goes on there', () => {
  const values = Array.from({ length: 50 }, (_, i) => -(i + 1) / 7e-300)
  const wanted = texts(values)
    .map((one) => `\n${one}`)
    .join('')
  const end = items.start + values.length * ITEM_BYTES
  for (let room = ITEM_SLACK + 1; room < ITEM_SLACK + 100; room++) {
    let got = ''
    for (let item = items.start; item < end; ) {
      memory.u8.fill(0xee, out.start, out.start + room + 64)
      const to = module.encode(item, end, out.start, out.start + room, powers.start)
      assert.ok(to > item)
      assert.ok(memory.u8.subarray(out.start + room, out.start + room + 64).every((byte) => byte === 0xee))
      got += Buffer.from(memory.u8.slice(out.start, module.textEnd.value)).toString('latin1')
      item = to
    }
    assert.equal(got, wanted)
  }
})
