// What points cost from the lines that kernels leave in memory to the bytes that go into the spool.
import { InfluxDB, type IPoint } from 'influx'
import { LINE_BYTES, LINE_DEVICE, LINE_END, LINE_SERIES, LINE_START } from '../../assembly/layout.js'
import { components } from '../../src/components.js'
import { parseConfig } from '../../src/config/parse.js'
import { seriesNumbers } from '../../src/engine/engine-memory.js'
import { line } from '../../src/formats/line.js'
import { MemoryArena } from '../../src/memory/arena.js'
import { instantiateKernels } from '../../src/memory/modules.js'
import { Memory } from '../../src/memory/regions.js'
import { Lines } from '../../src/window/lines.js'
import { Window } from '../../src/window/window.js'
import { lineText } from '../support/line-text.js'
import { device } from '../support/points.js'
import type { Bench } from './main.js'

const LINES = 1000
const ROUNDS = 2000
const SLOW_ROUNDS = 100
const MANY = ['min', 'max', 'mean', 'sum', 'range', 'stddev', 'variance', 'rms', 'first', 'last', 'delta']

const encoders: { name: string; rounds: number; make: (pane: Pane) => () => { length: number } }[] = [
  {
    name: 'weir',
    rounds: ROUNDS,
    make:
      ({ read }) =>
      () =>
        line.encode(read()),
  },
  { name: 'weir, from points on', rounds: ROUNDS, make: ({ read }) => fromPoints(read()) },
  {
    name: 'JavaScript',
    rounds: SLOW_ROUNDS,
    make:
      ({ read }) =>
      () =>
        Buffer.from(lineText(read())),
  },
  { name: '`influx`', rounds: SLOW_ROUNDS, make: ({ read }) => byInflux(read()) },
]

const short = (i: number) => ((i * 7919) % 10_000) / 100
const long = (i: number) => {
  for (let x = 1 + ((i * 7919) % 30_000); ; x++) if (digits(x / 700) === 17) return x / 700
}
const digits = (value: number) => String(value).replace(/^0|\./g, '').length

export async function run(): Promise<Bench> {
  const [one, many, longs] = [paneOf(1, short), paneOf(MANY.length, short), paneOf(MANY.length, long)]
  const rows = encoders.map(({ name, rounds, make }) => {
    const [first, more, most] = [one, many, longs].map((pane) => nsOf(make(pane), rounds) / LINES)
    const number = (more - first) / (MANY.length - 1)
    return {
      encoder: name,
      'a point, ns': first - number,
      'a short number': number,
      'a 17-digit number': (most - first + number) / MANY.length,
      'a point of 11 short': more,
      'of 11 long': most,
    }
  })
  return {
    title: 'Line protocol: from the lines of kernels to bytes',
    rows,
    notes: [
      `${LINES} points of as many devices, ${one.bytes / LINES} bytes with one short field; short is up to two decimals.`,
      `The least of ${ROUNDS} rounds (${SLOW_ROUNDS} of JavaScript and \`influx\`). \`influx\` begins with objects that are there.`,
    ],
  }
}

interface Pane {
  read: () => Lines
  bytes: number
}

/** A pane of one series a device, so many values each, as `collect` writes it, and its reader. */
function paneOf(values: number, make: (i: number) => number): Pane {
  const config = {
    sources: {
      plant: { type: 'file', path: '-', decode: { type: 'csv', header: true }, time: { path: 't', unit: 'us' } },
    },
    windows: { second: { of: '*', every: '1s', reduce: MANY.slice(0, values) } },
    sinks: { out: { type: 'file', path: '-' } },
  }
  const environment = { env: {}, hostname: 'press-hall-3', cores: 2, readText: () => '' }
  const plan = parseConfig(config, components, environment)
  const bytes = LINE_BYTES + 8 + values * 8
  const memory = new Memory({ arena: 1 << 24, output: LINES * bytes })
  const { arena, output } = memory.regions
  const { places } = instantiateKernels(memory.memory)
  const parts = { plan, slab: 0, view: 0, numbers: seriesNumbers(plan), registry: components, places }
  const window = new Window(plan.windows[0]!, new MemoryArena(memory.memory, arena.start, arena.end), parts)
  const devices = Array.from({ length: LINES }, (_, i) => ({
    ...device({ gateway: 'press-hall-3', source: 'plant', machine: `m${i}` }),
    id: i,
  }))
  for (let i = 0; i < LINES; i++) {
    const at = output.start + i * bytes
    memory.u32[(at + LINE_DEVICE) >>> 2] = i
    memory.u32[(at + LINE_SERIES) >>> 2] = 1
    memory.f64[(at + LINE_START) >>> 3] = 1.704e15
    memory.f64[(at + LINE_END) >>> 3] = 1.704e15 + 1e6
    memory.u32[(at + LINE_BYTES) >>> 2] = i
    for (let v = 0; v < values; v++) memory.f64[(at + LINE_BYTES + 8) / 8 + v] = make(i * values + v)
  }
  const lines = new Lines()
  const names = { device: (id: number) => devices[id]!, field: () => 'temp' }
  const read = () => {
    lines.read(window, true, memory, output.start, output.end, names)
    return lines
  }
  if (line.encode(read()).toString() !== lineText(read())) throw new Error('bytes differ')
  return { read, bytes: line.encode(read()).length }
}

function fromPoints(points: Lines): () => Buffer {
  return () => line.encode(points)
}

function byInflux(lines: Lines): () => { length: number } {
  let body = ''
  const client = new InfluxDB({ host: '127.0.0.1', database: 'd' })
  Object.assign(client, {
    _pool: {
      discard: (request: { body: string }) => {
        body = request.body
      },
    },
  })
  const points: IPoint[] = Array.from({ length: lines.lines }, (_, i) => {
    const of = (f: number): [string, number] => [lines.field[f]!.name, lines.value[f]!]
    const from = lines.firstField[i]!
    return {
      measurement: lines.measurement,
      tags: Object.fromEntries(lines.device[i]!.tags),
      fields: Object.fromEntries(Array.from({ length: lines.firstField[i + 1]! - from }, (_, f) => of(from + f))),
      timestamp: `${lines.timeUs}000`,
    }
  })
  return () => {
    void client.writePoints(points)
    return body
  }
}

function nsOf(encode: () => { length: number }, rounds: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const from = process.hrtime.bigint()
    encode()
    least = Math.min(least, Number(process.hrtime.bigint() - from))
  }
  return least
}
