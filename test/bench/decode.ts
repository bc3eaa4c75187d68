import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { CONSTANT_FIVES, CONSTANT_TENS } from '../../assembly/decode/constants.js'
import * as layout from '../../assembly/layout.js'
import { struct } from '../../src/codecs/struct.js'
import { writeConstants } from '../../src/memory/constants.js'
import type { RigOptions } from '../support/decode-rig.js'
import { DecodeRig } from '../support/decode-rig.js'
import { compileProbe, testArena } from '../support/probe.js'
import type { Bench } from './main.js'

const MESSAGES = 2000
const ROUNDS = 15
/** A round goes on at least so long. */
const ROUND_US = 20_000
const MOST_CHANNELS = 100_000

/** What is measured: payloads, how weir is told to read them, and how a plain Node program would. */
interface Case {
  name: string
  input: RigOptions['input']
  payloads: string[]
  /** Samples in a payload, where the cost is that of one; else it is a message's. */
  samples?: number
  flags?: number
  /** Payloads are bytes as latin1. */
  binary?: true
  plain?(text: string, out: Float64Array): void
  /** Of the prototype, if it is given by --prototype=FILE.wasm: which of its ways reads it. */
  prototype?: 'shape' | 'keys' | 'csv' | 'lines'
}

let state = 1
/** The same at each run. */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}
const decimal = (least: number, most: number, digits: number) =>
  (least + random() * (most - least)).toFixed(digits).replace(/\.?0+$/, '')
const times = (make: (i: number) => string, count = MESSAGES) => Array.from({ length: count }, (_, i) => make(i))
const ts = (i: number) => 1_760_000_000_123 + i * 10

const time = { kind: 'path', path: 'ts', unit: 'ms', missing: 'reject' } as const
const three = { time, options: { fields: ['temp', 'hum', 'bat'] } }

interface Three {
  ts: number
  temp: number
  hum: number
  bat: number
}

const parseThree = (text: string, out: Float64Array) => {
  const { ts, temp, hum, bat } = JSON.parse(text) as Three
  out[0] = ts
  out[1] = temp
  out[2] = hum
  out[3] = bat
}

const values = () =>
  [`"temp":${decimal(15, 30, 2)}`, `"hum":${decimal(30, 60, 1)}`, `"bat":${decimal(3, 4, 3)}`, '"ok":true'] as const
const message = (i: number) => `{"ts":${ts(i)},${values().join(',')}}`
const pretty = (i: number) => JSON.stringify(JSON.parse(message(i)), null, 2)
const full = (i: number) => `{"ts":${ts(i)},"temp":${random() * 30},"hum":${random() * 60},"bat":${random() * 4}}`

/** Four orders of keys, with and without `ok`, in turns. */
function changing(i: number): string {
  const [temp, hum, bat, ok] = values()
  const at = `"ts":${ts(i)}`
  return `{${[
    [at, temp, hum, bat, ok],
    [temp, at, hum, bat],
    [bat, hum, at, temp, ok],
    [ok, at, bat, temp, hum],
  ][i % 4].join()}}`
}

const cases: Case[] = [
  { name: 'JSON, three fields', input: three, payloads: times(message), plain: parseThree, prototype: 'shape' },
  { name: 'JSON, the same, no fields declared', input: { time }, payloads: times(message), plain: parseThree },
  {
    name: 'JSON, one field',
    input: { time, options: { fields: ['temp'] } },
    payloads: times((i) => `{"ts":${ts(i)},"temp":${decimal(15, 30, 2)}}`),
    plain(text, out) {
      const { ts, temp } = JSON.parse(text) as Three
      out[0] = ts
      out[1] = temp
    },
  },
  {
    name: 'JSON, another shape each message',
    input: three,
    payloads: times(changing),
    plain: parseThree,
    prototype: 'keys',
  },
  {
    name: 'JSON, with line breaks and blanks',
    input: three,
    payloads: times(pretty),
    plain: parseThree,
    prototype: 'keys',
  },
  {
    name: 'JSON, values of 16 to 17 digits',
    input: three,
    payloads: times(full),
    plain: parseThree,
    prototype: 'shape',
  },
  {
    name: 'JSON, nested paths',
    input: { time, options: { fields: ['env.temp', 'env.hum', 'power.bat'] } },
    payloads: times((i) => {
      const [temp, hum, bat] = values()
      return `{"ts":${ts(i)},"env":{${temp},${hum}},"power":{${bat},"mains":false}}`
    }),
    plain(text, out) {
      const { ts, env, power } = JSON.parse(text) as { ts: number; env: Three; power: Three }
      out[0] = ts
      out[1] = env.temp
      out[2] = env.hum
      out[3] = power.bat
    },
  },
  {
    name: 'JSON, a tag and three fields',
    input: { ...three, payloadTags: { id: 'id' } },
    payloads: times((i) => `{"id":"node-${i % 100}",${message(i).slice(1)}`),
    plain: parseThree,
  },
  {
    name: 'JSON, an array of 100 values, a sample',
    input: { time: { ...time, rateHz: 1000 }, options: { samples: 'temp' } },
    payloads: times((i) => `{"ts":${ts(i)},"temp":[${times(() => decimal(15, 30, 2), 100)}]}`, 100),
    samples: 100,
    plain(text, out) {
      const { ts, temp } = JSON.parse(text) as { ts: number; temp: number[] }
      out[0] = ts
      for (const [i, value] of temp.entries()) out[i + 1] = value
    },
  },
  {
    name: 'JSON, an array of 100 objects, a sample',
    input: { time, options: { fields: ['temp'] } },
    payloads: times((i) => `[${times((k) => `{"ts":${ts(i * 100 + k)},"temp":${decimal(15, 30, 2)}}`, 100)}]`, 100),
    samples: 100,
    plain(text, out) {
      for (const [i, { ts, temp }] of (JSON.parse(text) as Three[]).entries()) {
        out[0] = ts
        out[i + 1] = temp
      }
    },
  },
  {
    name: 'CSV, a time and three columns',
    input: {
      time,
      decode: {
        type: 'csv',
        options: {
          columns: ['ts', 'temp', 'hum', 'bat'],
          fields: ['temp', 'hum', 'bat'],
          header: false,
          delimiter: ',',
        },
      },
    },
    payloads: times((i) => `${ts(i)},${decimal(15, 30, 2)},${decimal(30, 60, 1)},${decimal(3, 4, 3)}`),
    flags: layout.FLAG_LINES,
    prototype: 'csv',
    plain(text, out) {
      for (const [i, cell] of text.split(',').entries()) out[i] = Number(cell)
    },
  },
  {
    name: 'line protocol, two tags and three fields',
    input: {
      time: { ...time, path: 'time', unit: 'ns' },
      decode: {
        type: 'influx',
        options: { measurement: 'measurement', fields: ['temp', 'hum', 'bat'], strings: 'skip' },
      },
    },
    payloads: times(
      (i) =>
        `weather,location=node-${i % 100},season=summer temp=${decimal(15, 30, 2)},hum=${decimal(30, 60, 1)},bat=${decimal(3, 4, 3)} ${ts(i)}000000`,
    ),
    flags: layout.FLAG_LINES,
    prototype: 'lines',
    plain(text, out) {
      const [, fields, time] = text.split(' ')
      for (const [i, field] of fields.split(',').entries()) out[i] = Number(field.slice(field.indexOf('=') + 1))
      out[3] = Number(time) / 1e6
    },
  },
  {
    name: 'struct, one f32 and two i16',
    input: {
      decode: {
        type: 'struct',
        options: v.parse(v.strictObject(struct.options), {
          fields: [
            { name: 'temp', type: 'f32' },
            { name: 'hum', type: 'i16', scale: 0.1 },
            { name: 'bat', type: 'i16', scale: 0.001 },
          ],
        }),
      },
    },
    payloads: times((i) => {
      const bytes = Buffer.alloc(8)
      bytes.writeFloatLE(15 + (i % 100) / 7)
      bytes.writeInt16LE(300 + (i % 300), 4)
      bytes.writeInt16LE(3000 + (i % 900), 6)
      return bytes.toString('latin1')
    }),
    binary: true,
    plain(text, out) {
      const bytes = Buffer.from(text, 'latin1')
      out[0] = bytes.readFloatLE()
      out[1] = bytes.readInt16LE(4) * 0.1
      out[2] = bytes.readInt16LE(6) * 0.001
    },
  },
  {
    name: 'one number',
    input: { decode: { type: 'number', options: { field: 'value' } } },
    payloads: times(() => decimal(15, 30, 2)),
    plain(text, out) {
      out[0] = Number(text)
    },
  },
]

/** ns a message, or a sample, of decoding alone: what is a message's to the engine before and behind it is not in it. */
export async function run(): Promise<Bench> {
  const rows = cases.filter(({ name }) => name.includes(only)).map((one) => measure(one))
  const lookups = only ? [] : await measureLookups()
  return {
    title: `decoding on one thread, CPU time, lower quartile of ${ROUNDS} rounds in turns`,
    rows: [...rows, ...(only ? [] : measureChannels()), ...lookups],
    notes: [
      'ns a message, or where it says so a sample; into columns, with series looked up, all values and the time read',
      'plain: JSON.parse, split and Number of a string that is there already, into a Float64Array; a Map of strings for look-ups',
    ],
  }
}

function measure({ name, input, payloads, samples = 1, flags = 0, binary, plain, prototype }: Case) {
  const rig = new DecodeRig({ input, rows: 1 << 17, runs: 4096, maxSeries: 1000 }).decode(
    payloads.map((text) => Buffer.from(text, binary ? 'latin1' : 'utf8')),
    flags,
  )
  const { undecodable, samplesDecoded, samplesInvalid } = rig.counts
  if (undecodable || samplesInvalid || !samplesDecoded) throw new Error(`${name}: ${JSON.stringify(rig.counts)}`)
  const out = new Float64Array(256)
  const of = payloads.length * samples
  const other = prototype && prototypeWasm && runPrototype(prototypeWasm, prototype, payloads)
  const [weirNs, plainNs, otherNs] = inTurns([
    () => rig.runRaw(),
    () => {
      for (const payload of payloads) plain?.(payload, out)
    },
    ...(other ? [other] : []),
  ])
  return {
    ...row(name, payloads[0].length, weirNs / of, plain && plainNs / of),
    ...(other && { 'prototype, ns': otherNs / of }),
  }
}

const option = (name: string) => process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3)
/** What a row's name must have in it. */
const only = option('only') ?? ''
const prototypePath = option('prototype')
const prototypeWasm = prototypePath ? new WebAssembly.Module(readFileSync(prototypePath)) : undefined

/** The proof that the design was measured with: no names, no counts, no fields but these; the batch lies in its memory. */
function runPrototype(
  wasm: WebAssembly.Module,
  way: NonNullable<Case['prototype']>,
  payloads: string[],
): () => unknown {
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024 })
  const { exports } = new WebAssembly.Instance(wasm, {
    env: { memory, abort() {} },
    decode: { slowNum: () => Number.NaN },
  })
  const proto = exports as Record<string, (...args: unknown[]) => number>
  const u8 = new Uint8Array(memory.buffer)
  const u32 = new Uint32Array(memory.buffer)
  const arena = testArena(8)
  const constants = writeConstants(arena)
  u8.set(arena.u8.subarray(constants + CONSTANT_TENS, constants + CONSTANT_TENS + 184), 1024)
  u8.set(arena.u8.subarray(constants + CONSTANT_FIVES, constants + CONSTANT_FIVES + 10416), 2048)
  const keys = [
    ['ts', 3],
    ['temp', 0],
    ['hum', 1],
    ['bat', 2],
    ['ok', -1],
  ] as const
  const [KEYS, SHAPE, OFFSETS, TEXT, OUT, ERRORS] = [16384, 20480, 1 << 20, 2 << 20, 32 << 20, 48 << 20]
  let text = TEXT
  for (const [i, payload] of payloads.entries()) {
    const bytes = Buffer.from(way === 'csv' || way === 'lines' ? `${payload}\n` : payload)
    u8.set(bytes, text)
    u32.set([text, text + bytes.length], OFFSETS / 4 + i * 2)
    text += bytes.length
  }
  for (const [i, [name, column]] of (way === 'lines' ? keys.slice(1, 4) : keys).entries()) {
    u8.set(Buffer.from(name), KEYS + i * 32)
    u8.fill(255, KEYS + i * 32 + 8, KEYS + i * 32 + 8 + name.length)
    u32.set([name.length, column >>> 0, KEYS + i * 32, 0], KEYS / 4 + i * 8 + 4)
    const shape = Buffer.from(`${i ? ',' : '{'}"${name}":`)
    u8.set(shape, SHAPE + i * 64)
    u8.fill(255, SHAPE + i * 64 + 16, SHAPE + i * 64 + 16 + shape.length)
    u32.set([shape.length, column >>> 0], SHAPE / 4 + i * 16 + 8)
  }
  if (way === 'csv') return () => proto.csvBatch(TEXT, text, 4, OUT, 1 << 17)
  if (way === 'lines') {
    proto.tblInit(56 << 20)
    return () => proto.lpBatch(TEXT, text, 52 << 20, 4095, KEYS, 3, 3, OUT, 1 << 17, 40 << 20, 44 << 20)
  }
  const shape = way === 'shape' ? SHAPE : 0
  return () => proto.jsonBatch(OFFSETS, payloads.length, KEYS, keys.length, 4, OUT, 1 << 17, ERRORS, 0, shape)
}

/** One field a message, each on a channel of its own, in random order. */
function measureChannels() {
  return [1000, 10_000, MOST_CHANNELS].map((channels) => {
    const payloads = times((i) => `{"ts":${ts(i)},"temp":${decimal(15, 30, 2)}}`, 50_000)
    const input = { time, options: { fields: ['temp'] } }
    const rig = new DecodeRig({ input, rows: 1 << 17, channels, maxSeries: channels })
    const order = payloads.map(() => Math.floor(random() * channels))
    rig.write(payloads, 0, 0, (i) => order[i])
    rig.run()
    const [ns] = inTurns([() => rig.runRaw()])
    return row(`JSON, one field, ${channels.toLocaleString('en')} series`, payloads[0].length, ns / payloads.length)
  })
}

/** Names of 32 bytes to numbers, in random order: 200,000 look-ups a call of the module. */
async function measureLookups() {
  const LOOKUPS = 200_000
  const rows = []
  for (const count of [1000, 10_000, MOST_CHANNELS]) {
    const entries = 2 ** Math.ceil(Math.log2(count * 2))
    const arena = testArena(Math.ceil((entries * layout.ENTRY_BYTES + count * 128 + LOOKUPS * 48) / 65536) + 4)
    const probe = await compileProbe('table', arena.memory)
    const table = arena.alloc(layout.TABLE_BYTES)
    const names = times(
      (i) => `plant/line-${String(i % 97).padStart(3, '0')}/node-${String(i).padStart(7, '0')}/t`,
      count,
    )
    const set = (offset: number, value: number) => {
      arena.u32[(table + offset) / 4] = value
    }
    const keysBytes = count * 48 + 65536
    const keys = arena.alloc(keysBytes)
    set(layout.TABLE_MASK, entries - 1)
    set(layout.TABLE_ENTRIES, arena.alloc(entries * layout.ENTRY_BYTES))
    set(layout.TABLE_KEYS, keys)
    set(layout.TABLE_KEYS_END, keys + keysBytes)
    set(layout.TABLE_SEED, 0x9e3779b9)
    set(layout.TABLE_SEED + 4, 0x7f4a7c15)
    const bytes = Buffer.byteLength(names[0])
    const asked = arena.alloc(LOOKUPS * 32)
    const order = Array.from({ length: LOOKUPS }, () => Math.floor(random() * count))
    for (const [i, name] of names.entries()) {
      arena.u8.set(Buffer.from(name), asked)
      if (!probe.insert(table, 7, asked, bytes, i)) throw new Error('no room for a key')
    }
    for (const [i, which] of order.entries()) arena.u8.set(Buffer.from(names[which]), asked + i * 32)
    const wanted = order.reduce((sum, id) => (sum + id) >>> 0, 0)
    const map = new Map(names.map((name, i) => [name, i]))
    const buffer = Buffer.from(arena.u8.slice(asked, asked + LOOKUPS * 32))
    let found = 0
    const [weirNs, plainNs] = inTurns([
      () => {
        found = probe.lookUpAll(table, 7, asked, bytes, 32, LOOKUPS) >>> 0
      },
      () => {
        for (let i = 0; i < LOOKUPS; i++) found += map.get(buffer.toString('latin1', i * 32, i * 32 + bytes))!
      },
    ])
    if (found === 0 || probe.lookUpAll(table, 7, asked, bytes, 32, LOOKUPS) >>> 0 !== wanted)
      throw new Error('a wrong number')
    rows.push(row(`look-up, ${count.toLocaleString('en')} names`, bytes, weirNs / LOOKUPS, plainNs / LOOKUPS))
  }
  return rows
}

function row(what: string, bytes: number, ns: number, plainNs?: number) {
  return { what, bytes, 'weir, ns': ns, ...(plainNs && { 'plain, ns': plainNs, ratio: plainNs / ns }) }
}

/** The quartile of the quick rounds of each, ns of CPU: a round of one after a round of the other. */
function inTurns(runs: (() => unknown)[]): number[] {
  const taken: number[][] = runs.map(() => [])
  for (let round = 0; round < ROUNDS + 3; round++)
    for (const [i, run] of runs.entries()) {
      let calls = 0
      const from = process.cpuUsage()
      let tookUs = 0
      for (; tookUs < ROUND_US; calls++) {
        run()
        const { user, system } = process.cpuUsage(from)
        tookUs = user + system
      }
      if (round >= 3) taken[i].push((tookUs * 1000) / calls)
    }
  return taken.map((list) => list.sort((a, b) => a - b)[list.length >> 2])
}
