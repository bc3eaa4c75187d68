import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeConstants } from '../../../src/memory/constants.js'
import { compileProbe, testArena } from '../../support/probe.js'

const arena = testArena(256)
const probe = await compileProbe('number', arena.memory)
probe.setConstants(writeConstants(arena))

const BATCH = 4096
const SPACE = 2 ** 23
const list = arena.alloc(BATCH * 8)
const out = arena.alloc(BATCH * 16)
const text = arena.alloc(SPACE)

/** What a text is as a number by JavaScript where the grammar allows it, else undefined. */
function expected(number: string, loose: boolean): number | undefined {
  const grammar = loose ? /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/ : /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
  return grammar.test(number) ? Number(number) : undefined
}

/** Reads texts of at most 2 KB in batches, each followed by `guard`, and compares with JavaScript. Returns how many. */
function compare(texts: Iterable<string>, loose = false, guard = ',0}      '): number {
  let batch: string[] = []
  let total = 0
  const flush = () => {
    let at = text
    batch.forEach((number, i) => {
      arena.u32[list / 4 + i * 2] = at
      at += Buffer.from(arena.memory.buffer, at, 8192).write(number, 'latin1')
      arena.u32[list / 4 + i * 2 + 1] = at
      at += Buffer.from(arena.memory.buffer, at, 128).write(guard, 'latin1')
    })
    probe.parseNumbers(list, batch.length, out, loose ? 1 : 0)
    batch.forEach((number, i) => {
      const got = arena.f64[out / 8 + i * 2]
      const end = arena.u32[out / 4 + i * 4 + 2]
      const wanted = expected(number, loose)
      if (wanted === undefined) {
        const whole = end === arena.u32[list / 4 + i * 2 + 1]
        if (whole) assert.fail(`"${number}" is no number, read as ${got}`)
      } else {
        if (!Object.is(got, wanted)) assert.fail(`"${number}" is ${wanted}, read as ${got}`)
        if (end !== arena.u32[list / 4 + i * 2 + 1]) assert.fail(`"${number}" was read only in part`)
      }
    })
    total += batch.length
    batch = []
  }
  for (const number of texts) {
    batch.push(number)
    if (batch.length === BATCH) flush()
  }
  flush()
  return total
}

let seed = 0x2545f491
function random(): number {
  seed ^= seed << 13
  seed ^= seed >>> 17
  seed ^= seed << 5
  return (seed >>> 0) / 2 ** 32
}
const whole = (limit: number) => Math.floor(random() * limit)
const digits = (count: number) => Array.from({ length: count }, () => whole(10)).join('')

const view = new DataView(new ArrayBuffer(8))
function randomDouble(): number {
  for (;;) {
    view.setUint32(0, whole(2 ** 32))
    view.setUint32(4, whole(2 ** 32))
    const value = view.getFloat64(0)
    if (Number.isFinite(value)) return value
  }
}

/** Exact decimal digits of the point halfway between the positive double of these bits and the next one. */
function halfway(bits: bigint): { digits: bigint; power: number } {
  const exponent = Number(bits >> 52n)
  const fraction = bits & ((1n << 52n) - 1n)
  const mantissa = ((exponent ? fraction | (1n << 52n) : fraction) << 1n) | 1n
  const shift = (exponent || 1) - 1076
  return shift >= 0
    ? { digits: mantissa << BigInt(shift), power: 0 }
    : { digits: mantissa * 5n ** BigInt(-shift), power: shift }
}

test('sensor decimals', () => {
  function* numbers() {
    for (let i = 0; i < 600_000; i++)
      yield `${random() < 0.3 ? '-' : ''}${whole(10 ** whole(9))}${random() < 0.8 ? `.${digits(1 + whole(9))}` : ''}`
  }
  assert.equal(compare(numbers()), 600_000)
})

test('shortest texts of doubles of any bits, and 17 digits of them', () => {
  function* numbers() {
    for (let i = 0; i < 300_000; i++) {
      const value = randomDouble()
      yield String(value).replace('e+', 'e')
      yield value.toPrecision(17)
    }
  }
  assert.equal(compare(numbers()), 600_000)
})

test('1 to 25 digits with exponents of any size', () => {
  function* numbers() {
    for (let i = 0; i < 600_000; i++) {
      const mantissa = digits(1 + whole(25)).replace(/^0+(?=\d)/, '')
      const point = 1 + whole(mantissa.length)
      const fraction = mantissa.slice(point)
      const range = random() < 0.3 ? 700 : 45
      const exponent = whole(range) - (range >> 1)
      yield `${mantissa.slice(0, point)}${fraction && `.${fraction}`}${random() < 0.8 ? `e${exponent}` : ''}`
    }
  }
  assert.equal(compare(numbers()), 600_000)
})

test('near powers of two and ten, integers around 2^53 and 2^64', () => {
  function* numbers() {
    for (let power = 40n; power < 70n; power++)
      for (let off = -300n; off <= 300n; off++) yield String((1n << power) + off)
    for (let power = -345; power <= 310; power++)
      for (const mantissa of ['1', '9', '1.0000000000000001', '9.9999999999999999', '9.99999999999999999999', '4.5'])
        yield `${mantissa}e${power}`
  }
  assert.ok(compare(numbers()) > 20_000)
})

test('points exactly halfway between two doubles, one digit more and one less', () => {
  function* numbers() {
    for (let i = 0; i < 6000; i++) {
      view.setFloat64(0, Math.abs(randomDouble()))
      const random64 = view.getBigUint64(0)
      let bits = random64
      if (i % 4 === 1) bits = (random64 % (1n << 52n)) >> BigInt(whole(52)) // subnormal
      if (i % 4 === 2) bits = (BigInt(1023 - 60 + whole(120)) << 52n) | (random64 % (1n << 52n)) // of everyday size
      const half = halfway(bits)
      for (const off of [-1n, 0n, 1n]) {
        const text = String(half.digits + off)
        yield `${text}e${half.power}`
        const point = text.length + half.power
        if (half.power && point > 0 && point < text.length) yield `${text.slice(0, point)}.${text.slice(point)}`
        else if (half.power && point <= 0 && point > -400) yield `0.${'0'.repeat(-point)}${text}`
      }
      yield `${half.digits}${'0'.repeat(whole(60))}1e${half.power}`
      yield `${String(half.digits).slice(0, 20 + whole(30))}e${half.power}`
    }
    const half = halfway(0x7fefffffffffffffn).digits // where infinity begins
    for (const off of [-1n, 0n, 1n]) yield String(half + off)
    const most = String(halfway(0x000ffffffffffffen).digits) // as many digits as any halfway point has
    for (const tail of ['', '0', '1', '0'.repeat(100), `${'0'.repeat(500)}1`, '9'.repeat(1000)])
      yield `${most}${tail}e${-1075 - tail.length}`
  }
  assert.ok(compare(numbers()) > 30_000)
})

test('hard ones: subnormals, infinity, zeros, long zeros, huge exponents', () => {
  const zeros = '0'.repeat(1500)
  const numbers = [
    ...['0', '-0', '0.0', '-0.0e5', '0e999999999999999999999', '-0e-999999999999', `0.${zeros}`, `-0.${zeros}e400`],
    ...[
      '1e400',
      '-1e400',
      '1e309',
      '1e308',
      '1.7976931348623157e308',
      '1.7976931348623158e308',
      '1.7976931348623159e308',
    ],
    ...[
      '2.2250738585072011e-308',
      '2.2250738585072012e-308',
      '2.2250738585072014e-308',
      '4.9e-324',
      '5e-324',
      '3e-324',
    ],
    ...['2.4703282292062327e-324', '2.4703282292062328e-324', '2.5e-324', '1e-400', '-1e-400', '1e-99999999999999999'],
    ...[
      '1e99999999999999999',
      `1${zeros}e-1500`,
      `0.${zeros}1e1501`,
      `123${zeros}`,
      `1${zeros}1e-1501`,
      `0.${zeros}5e1200`,
    ],
    ...['9007199254740993', '9007199254740992.5', '9007199254740993.0000000000000000000001', '18446744073709551615'],
    ...[
      '18446744073709551616',
      '9999999999999999999',
      '99999999999999999999',
      '0.000000000000000000000000000001',
      '1E5',
      '1E+5',
    ],
    ...[
      '6929495644600919.5',
      '3.7455744005952583e15',
      '0.1',
      '0.3',
      '123456.7',
      '1234567.8',
      '12345678',
      '123456789.12345678',
    ],
    ...['7.2057594037927933e16', '8.988465674311580e307', '5708990770823839207320493820740630171355185152001e-3'],
  ]
  compare(numbers)
  compare(numbers, true)
})

test('what is no number, and what only people write', () => {
  const numbers = [
    ...[
      '',
      '-',
      '+',
      '.',
      '-.',
      '+.',
      'e5',
      '.e5',
      '-e5',
      '1e',
      '1e+',
      '1e-',
      '1.e',
      '1.5e',
      '1.5e+',
      'NaN',
      'Infinity',
      '-Infinity',
    ],
    ...[
      '01',
      '-01',
      '007.5',
      '00',
      '1.',
      '-1.',
      '.5',
      '-.5',
      '+5',
      '+.5e1',
      '5.e3',
      '00000001.5',
      '0000000000000000000000001',
    ],
    ...['0x10', '1_000', '1,5', '--1', '+-1', '1e5.5', '1.2.3', '١', '\x80\x80', '1\x80', 'abc', '/', ':', ' 1', '1 '],
  ]
  compare(numbers)
  compare(numbers, true)
})

test('no byte at or past the end counts', () => {
  const pool = ['12.5', '123456.789', '-1e5', '1.25e-7', '12345678', '1234567890123456789012', '0', '-', '1.', '1e', '']
  const guards = [
    '99999999'.repeat(9),
    '.5'.repeat(36),
    'e5'.repeat(36),
    '0'.repeat(72),
    'E+9'.repeat(24),
    '\0'.repeat(72),
  ]
  for (const loose of [false, true])
    for (const guard of guards)
      compare(
        pool.flatMap((number) => Array.from({ length: number.length + 1 }, (_, cut) => number.slice(0, cut))),
        loose,
        guard,
      )
})

test('any bytes', () => {
  const alphabet = '0123456789012345678900..--++eE,x\x80'
  function* numbers() {
    for (let i = 0; i < 200_000; i++)
      yield Array.from({ length: whole(30) }, () => alphabet[whole(alphabet.length)]).join('')
  }
  compare(numbers(), false, '9')
  compare(numbers(), true, '.9')
})
