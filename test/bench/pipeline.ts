// From MQTT to InfluxDB: what weir costs, beside the plain way in Node. `npm run bench pipeline -- 10k-q0 40k-q0 --seconds 10`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pipelineChart } from '../support/chart.js'
import { startMosquitto } from '../support/mosquitto.js'
import type { Bench } from './main.js'
import { type Case, type Options, optionsOf, Refusal } from './pipeline/cases.js'
import { dearest, type Place, preparePrototype, type Running, startPlain, startWeir } from './pipeline/contestants.js'
import { type Database, startDatabase } from './pipeline/database.js'
import { compileGenerators, startGenerator } from './pipeline/generator.js'
import { cpuBetween, readCpu, readMemory } from './pipeline/process-cost.js'

/** V8 compiles, and about 16 s after a start it shrinks its heap once; a service runs for years. */
const WARM_SECONDS = 25
/** Windows that began before the start are not written. */
const FIRST_WINDOW_MS = 1500
const SETTLE_MS = 2000
/** Its table of topics is of a fixed size. */
const PROTOTYPE_SERIES = 2000
const BROKER = 'max_inflight_messages 1000\n'

/** What a run of one contestant gave. */
interface Outcome {
  usEach: number
  /** Messages a second that it was sent, all of which it took unless values are missing. */
  rate: number
  seconds: number
  behind: number
  brokerUs: number
  /** Parts of a core. */
  ownCore: number
  brokerCore: number
  nowMb: number
  peakMb: number
  values: number
  counted: number
  worst: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  mostMs: number
  corrections: number
  messagesARead: number
  pauseMs: number
}

interface Bed {
  folder: string
  database: Database
  seconds: number
}

/** Sends a case's messages to a contestant with a broker of its own. */
async function measure(
  { folder, database, seconds }: Bed,
  load: Case,
  start: (place: Place) => Promise<Running>,
): Promise<Outcome & { fromUs: number; toUs: number }> {
  const broker = load.strictWindow ? undefined : await startMosquitto({ config: BROKER })
  const generator = await startGenerator(folder, load, broker?.port ?? 0)
  let running: Running | undefined
  try {
    running = await start({ folder, brokerPort: generator.port, databasePort: database.port })
    await sleep(FIRST_WINDOW_MS)
    const warm = await generator.send(WARM_SECONDS)
    await sleep(SETTLE_MS)
    await database.arrivals()
    const before = await running.status?.()
    const from = { own: readCpu(running.pid), broker: broker && readCpu(broker.pid), us: monotonicUs() }
    const sent = await generator.send(seconds)
    const settled = sleep(SETTLE_MS)
    const values = (warm.sent + sent.sent) * load.samples
    let counted = running.database ? await database.counted(running.database, values) : 0
    await settled
    const ownUs = cpuBetween(from.own, readCpu(running.pid))
    const toUs = monotonicUs()
    const brokerUs = broker ? cpuBetween(from.broker!, readCpu(broker.pid)) : sent.cpuUs
    const memory = readMemory(running.pid)
    const arrivals = await database.arrivals()
    const status = await running.status?.()
    const sums = await generator.end()
    const worst = running.database ? await database.worstSum(running.database, sums) : 0
    const took = await running.stop()
    if (took !== undefined) counted = took
    if (running.database) await database.drop(running.database)
    running = undefined
    const details = status?.sources[0].details as { reads: number; messages: number; pauseMs: number } | undefined
    const earlier = before?.sources[0].details as typeof details
    const reads = details ? details.reads - earlier!.reads : 0
    return {
      usEach: ownUs / sent.sent / load.samples,
      rate: sent.sent / sent.seconds,
      seconds: sent.seconds,
      behind: sent.behind,
      brokerUs: brokerUs / sent.sent,
      ownCore: ownUs / 1e6 / sent.seconds,
      brokerCore: brokerUs / 1e6 / sent.seconds,
      ...memory,
      values,
      counted,
      worst,
      ...arrivals,
      corrections: status?.windows[0].corrections ?? 0,
      messagesARead: reads ? (details!.messages - earlier!.messages) / reads : 0,
      pauseMs: reads ? Math.max(details!.pauseMs, (sent.seconds * 1000) / reads) : 0,
      fromUs: from.us,
      toUs,
    }
  } finally {
    generator.kill()
    await running?.stop()
    await broker?.stop()
  }
}

const monotonicUs = (): number => Number(process.hrtime.bigint()) / 1000

type Prototype = ReturnType<typeof preparePrototype>

/** Everybody who is to take a case, in turn. */
async function row(
  bed: Bed,
  load: Case,
  options: Options,
  prototype: Prototype | undefined,
  done: Bench['rows'],
): Promise<Bench['rows'][0]> {
  const say = (text: string) => process.stderr.write(text)
  const progress = (who: string) => {
    if (process.stderr.isTTY) say(`\r\u001b[K${load.name}: ${who}`)
  }
  progress('weir')
  const ours = await measure(bed, load, (place) => startWeir(load, place))
  progress('plain Node')
  if (options.against) await bed.database.create('baseline')
  const plain = options.against ? await measure(bed, load, (place) => startPlain(load, place)) : undefined
  progress('prototype')
  const older =
    prototype && load.shape === 'object' && load.series <= PROTOTYPE_SERIES && !load.strictWindow
      ? await measure(bed, load, (place) => prototype(load, place, Math.round(ours.pauseMs)))
      : undefined
  if (process.stderr.isTTY) say('\r\u001b[K')
  const missing = ours.values - ours.counted
  say(
    `${load.name}: weir ${ours.usEach.toFixed(3)} µs${plain ? `, plain ${plain.usEach.toFixed(2)}` : ''}, ${missing} missing\n`,
  )
  const limit = limitOf(load, done, older)
  return {
    case: load.name,
    rate: load.rate || 'flat out',
    'msg/s': Math.round(ours.rate),
    QoS: load.qos,
    samples: load.samples,
    series: load.series,
    'weir µs': ours.usEach,
    limit: limit ?? '',
    met: limit === undefined ? '' : ours.usEach <= limit ? 'yes' : 'no',
    'plain µs': plain?.usEach ?? '',
    'times less': plain ? plain.usEach / ours.usEach : '',
    ...(prototype ? { 'prototype µs': older?.usEach ?? '', 'at pause ms': older ? Math.round(ours.pauseMs) : '' } : {}),
    'msg a read': ours.messagesARead,
    'broker µs': ours.brokerUs,
    'broker %': ours.brokerCore * 100,
    'weir %': ours.ownCore * 100,
    'weir MB': ours.nowMb,
    'peak MB': ours.peakMb,
    'plain MB': plain?.peakMb ?? '',
    'p50 ms': ours.p50Ms,
    'p99 ms': ours.p99Ms,
    'most ms': ours.mostMs,
    'plain p50': plain?.p50Ms ?? '',
    'plain p99': plain?.p99Ms ?? '',
    values: ours.values,
    missing,
    'plain missing': plain ? plain.values - plain.counted : '',
    'sum error': ours.worst.toExponential(1),
    corrections: ours.corrections,
    behind: ours.behind,
  }
}

/** What a case may cost, µs. */
function limitOf(
  { limitUs, limitTimes, overPrototypeUs }: Case,
  done: Bench['rows'],
  prototype: Outcome | undefined,
): number | undefined {
  if (limitTimes) {
    const other = done.find((row) => row.case === limitTimes.of)?.['weir µs']
    return other === undefined ? undefined : Number(other) * limitTimes.times
  }
  if (limitUs === undefined || overPrototypeUs === undefined || !prototype) return limitUs
  return Math.max(limitUs, prototype.usEach + overPrototypeUs)
}

/** The case of 10,000 messages a second once more, profiled: what the ten dearest functions take themselves. */
async function profiled(bed: Bed, load: Case): Promise<string[]> {
  const folder = mkdtempSync(join(bed.folder, 'profile-'))
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`]
  const { fromUs, toUs, usEach } = await measure(bed, load, (place) => startWeir(load, place, flags))
  return [
    `${load.name} with --cpu-prof (${usEach.toFixed(2)} µs with the profiler's own): the ten dearest functions by self time`,
    ...dearest(folder, fromUs, toUs)
      .slice(0, 10)
      .map(
        ({ name, us, part }) =>
          `  ${(part * 100).toFixed(1).padStart(5)} %  ${(us / 1000).toFixed(0).padStart(5)} ms  ${name}`,
      ),
  ]
}

/** Devices that send JSON, 1 s windows of six reductions into InfluxDB, through a real broker. */
export async function run(words: readonly string[]): Promise<Bench> {
  try {
    return await measured(optionsOf(words))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    console.error(error.message)
    process.exit(64)
  }
}

async function measured(options: Options): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  let database: Database | undefined
  try {
    compileGenerators(folder)
    const prototype = options.prototype === undefined ? undefined : preparePrototype(options.prototype, folder)
    database = await startDatabase()
    const bed = { folder, database, seconds: options.seconds }
    const rows: Bench['rows'] = []
    for (const load of options.cases) rows.push(await row(bed, load, options, prototype, rows))
    const toProfile = options.cases.find(({ rate }) => rate === 10_000) ?? options.cases[0]
    const profile = options.profile ? await profiled(bed, toProfile) : []
    return {
      title: `MQTT to InfluxDB: JSON, 1 s windows of six reductions, ${options.seconds} s each after ${WARM_SECONDS} s to warm up`,
      rows,
      notes: [...NOTES, ...profile],
      ...(options.record ? { chart: pipelineChart } : {}),
    }
  } finally {
    await database?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const NOTES = [
  'µs: CPU of the whole process, all threads, user and system, from the operating system (schedstat), for each message, or each sample where a message has 100.',
  'weir runs at its defaults: durability process, runtimeDir in memory, page and metrics on. Plain Node: mqtt.js, JSON.parse, a Map, influx.',
  'values: of temp, sent in all; missing: those that are not in temp_count as the database has it. sum error: temp_sum, worst device, relative.',
  'limit: what weir may cost; at 10k-q0 also 0.5 µs more than a prototype that only reads and decodes (--prototype), at 100,000 series twice 10,000.',
  'ms: from a window’s end to its point being whole before the database. behind: messages by which the load was behind its rate at most.',
]
