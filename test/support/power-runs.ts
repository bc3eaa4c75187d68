// A whole gateway on a disk that forgets, its broker and its database: what each had seen at any moment, so that weir can be
// ended there, started again on what is left, and asked for the same answer.
import type { SinkComponent } from '../../src/model/sink.js'
import { FRAME_FLAGS } from '../../src/model/source.js'
import { settle } from './fake-clock.js'
import { Rig } from './rig.js'
import { SimDisk } from './sim-disk.js'

export const START_MS = 1_704_067_200_000
export const FRAMES = 120
/** A message is published so often, and a burst read. */
const EVERY_MS = 50
const DEVICES = 3
/** Weir is started so long before the first message. */
const EARLY_MS = 20_000
/** Packet ids go round; so many messages are never under way at once. */
const IDS = 64
/** After the last message, until all windows are over. */
const TAIL_MS = 7000

/** Message `i`: mostly in order, some late, some too late. */
export function message(i: number) {
  const lateMs = i % 11 === 5 ? 900 : i % 17 === 8 ? 1900 : i % 29 === 20 ? 4500 : 0
  const timeMs = Math.max(START_MS, START_MS + i * EVERY_MS - lateMs)
  const value = (i * 37) % 101
  const arrivalMs = START_MS + i * EVERY_MS
  return { device: `d${i % DEVICES}`, timeMs, arrivalMs, value, text: JSON.stringify({ t: timeMs, v: value, i }) }
}

export const configOf = (durability: 'power' | 'process') => ({
  durability,
  gateway: 'g',
  stateDir: '/var/state',
  runtimeDir: '/run/weir',
  checkpoint: '1s',
  sources: {
    a: { type: 'script', wait: '200ms', time: { path: 't', unit: 'ms' }, decode: { type: 'json', fields: ['v'] } },
  },
  windows: {
    second: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'sum', 'mean', 'stddev', 'p99', 'last'] },
    held: { of: '*', every: '1s', lateness: '2s', hold: '3s', reduce: ['twa'] },
    slow: { of: '*', size: '4s', every: '1s', lateness: '1s', reduce: ['count', 'max', 'mean'] },
  },
  sinks: { db: { type: 'database' } },
})

/** What the world outside has seen when a run begins. */
export interface World {
  disk: SimDisk
  nowUs: number
  /** Messages that the broker will not send again. */
  acknowledged: ReadonlySet<number>
  /** Messages that were sent before, over some connection. */
  sent: ReadonlySet<number>
  /** Lines that the database has taken, in order. */
  lines: readonly string[]
}

/** A run, and what happened in it behind which operation of its disk. */
export interface Run {
  world: World
  rig: Rig
  /** Operations of the disk before it. */
  from: number
  events: { at: number; nowUs: number; acknowledged?: number[]; sent?: number; line?: string }[]
}

export const begin = (): World => ({
  disk: new SimDisk(),
  nowUs: (START_MS - EARLY_MS) * 1000,
  acknowledged: new Set(),
  sent: new Set(),
  lines: [],
})

/** Runs weir until all messages are taken and all windows over, and stops it. `random` says how long syncs take and whether the database is there. */
export async function run(
  durability: 'power' | 'process',
  world: World,
  random: () => number,
  frames = FRAMES,
): Promise<Run> {
  const { disk } = world
  const from = disk.operations
  const events: Run['events'] = []
  const note = (what: Partial<Run['events'][number]>) =>
    events.push({ at: disk.operations, nowUs: rig.clock.nowUs(), ...what })
  let isAway = false
  const database: SinkComponent = {
    type: 'database',
    summary: 'what a test looks into',
    options: {},
    format: () => 'line',
    finalOnly: () => false,
    create: () => ({
      takesSeveral: true,
      send: async (body) => {
        const lines = Buffer.from(body).toString().trimEnd().split('\n')
        await settle()
        if (isAway) return { outcome: 'retry', why: 'away' }
        for (const line of lines) note({ line })
        return { outcome: 'ok' }
      },
    }),
  }
  const rig: Rig = new Rig({ config: configOf(durability), disk, startUs: world.nowUs, sinks: [database] })
  await rig.start()
  const { out } = rig.script('a')
  out.session(world.sent.size > 0)
  const channels = Array.from({ length: DEVICES }, (_, d) =>
    out.channel({ name: `d${d}`, input: 0, tags: { device: `d${d}` } }),
  )
  const acknowledged = new Set(world.acknowledged)
  const waiting = Array.from({ length: frames }, (_, i) => i).filter((i) => !world.acknowledged.has(i))
  const underWay = new Set<number>()
  const tailMs = frames < FRAMES ? 0 : TAIL_MS
  const endMs = Math.max(START_MS + frames * EVERY_MS, rig.clock.nowUs() / 1000) + tailMs
  disk.syncing = () => {
    const ms = random() < 0.5 ? 0 : random() * 120
    return ms === 0 ? settle() : new Promise((resolve) => rig.clock.after(ms, () => resolve(undefined)))
  }
  while (rig.clock.nowUs() / 1000 < endMs || waiting.length > 0 || underWay.size > 0) {
    if (rig.clock.nowUs() / 1000 > endMs + 60_000)
      throw new Error(`${underWay.size} messages are not acknowledged, ${waiting.length} not taken`)
    const publishedTo = (rig.clock.nowUs() / 1000 - START_MS) / EVERY_MS
    // It was away now and then, and is there in the end.
    isAway = waiting.length > 0 && Math.floor(publishedTo / 13) % 3 === 1
    const burst: number[] = []
    while (
      waiting.length > 0 &&
      waiting[0]! <= publishedTo &&
      waiting[0]! - Math.min(...underWay, waiting[0]!) < IDS / 2
    ) {
      const i = waiting.shift()!
      const bytes = Buffer.from(message(i).text)
      const flags = world.sent.has(i) ? FRAME_FLAGS.dup : 0
      note({ sent: i })
      while (!out.frame(channels[i % DEVICES]!, bytes, 0, bytes.length, flags, 1 + (i % IDS))) await out.ready()
      burst.push(i)
      underWay.add(i)
      if (random() < 0.6) break
    }
    if (burst.length > 0)
      out.endBurst(() => {
        for (const i of burst) {
          acknowledged.add(i)
          underWay.delete(i)
        }
        note({ acknowledged: burst })
      })
    const before = acknowledged.size
    await rig.advance(waiting.length > 0 && waiting[0]! <= publishedTo ? 1 : EVERY_MS)
    if (acknowledged.size === before) note({})
  }
  disk.syncing = () => settle()
  await rig.advance(200)
  await rig.stop()
  return { world, rig, from, events }
}

/** The world when weir ended behind operation `at` of a run: on this disk, with the last `lostAcks` acknowledgements lost on their way. */
export function worldAt({ world, events }: Run, at: number, disk: SimDisk, lostAcks: number, downMs: number): World {
  const seen = events.filter((event) => event.at <= at)
  const acks = seen.flatMap((event) => (event.acknowledged ? [event.acknowledged] : []))
  return {
    disk,
    nowUs: (seen.at(-1)?.nowUs ?? world.nowUs) + Math.round(downMs * 1000),
    acknowledged: new Set([...world.acknowledged, ...acks.slice(0, acks.length - lostAcks).flat()]),
    sent: new Set([...world.sent, ...seen.flatMap(({ sent }) => sent ?? [])]),
    lines: [...world.lines, ...seen.flatMap(({ line }) => line ?? [])],
  }
}

/** All lines that the database took, also in runs before. */
export const linesOf = ({ world, events }: Run): string[] => [
  ...world.lines,
  ...events.flatMap(({ line }) => line ?? []),
]
