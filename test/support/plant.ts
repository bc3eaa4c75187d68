// A real broker, a weir and a real database under a numbered load, and whether the database agrees with it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import type { Status } from '../../src/model/status.js'
import { type Influxd, startInfluxd } from './influxd.js'
import { freePort, type Mosquitto, type MosquittoOptions, startMosquitto } from './mosquitto.js'
import { type NumberedLoad, SAMPLES, source, startNumberedLoad, windows } from './numbered-load.js'
import { until } from './until.js'
import { emptyFolder, type Scope, startWeir, type WeirProcess } from './weir.js'

/** What a weir runs in. */
export interface Host {
  /** Starts one with this configuration, which says nothing of directories. */
  start(config: object): void | Promise<void>
  /** Kills it as kill -9 does, so long after it was told to stop, where that is given; resolves when it is gone and another one begins. */
  kill(stoppingMs?: number): Promise<void>
  /** Stops it in order. */
  stop(): Promise<void>
  /** The last it said. */
  said(): string | Promise<string>
  /** A file of its working directory. */
  read(file: string): string
}

export interface PlantOptions {
  /** Messages a second, at most 1000. Default 500. */
  rateHz?: number
  /** Further keys of the configuration, of its source and of its sink. */
  config?: object
  source?: object
  sink?: object
  broker?: MosquittoOptions
  /** A process of its own unless given. */
  host?: Host
  /** What stands before the broker and the database; by default nothing. */
  before?: (plant: { broker: Mosquitto; influxd: Influxd }) => Promise<{ brokerUrl?: string; databaseUrl?: string }>
}

export interface Plant {
  readonly broker: Mosquitto
  readonly influxd: Influxd
  readonly host: Host
  readonly load: NumberedLoad
  status(): Promise<Status>
  /** Asks for the status until `look` finds what it looks for in it. */
  shows<T>(what: string, look: (status: Status) => T | undefined | false, withinMs?: number): Promise<T>
  /** Resolves once the database holds what it must of all windows that are over; rejects saying what it has otherwise. */
  agrees(withinMs?: number): Promise<void>
  /** Ends the load, waits until all is delivered, and tells what is not as it must be, in words: of the database and of the ledger. */
  end(patienceMs?: number): Promise<string[]>
}

const FILE = 'out.lp'

/** Resolves when samples flow. All of it ends with the scope. */
export async function startPlant(t: Scope, options: PlantOptions = {}): Promise<Plant> {
  const { rateHz = 500, host = processHost(t) } = options
  const [broker, influxd, port] = await Promise.all([
    startMosquitto({ config: 'max_inflight_messages 1000', ...options.broker }),
    startInfluxd(),
    freePort(),
  ])
  t.after(() => Promise.all([broker.stop(), influxd.stop()]))
  await influxd.client().createDatabase('k')
  const { brokerUrl = broker.url, databaseUrl = influxd.url } = (await options.before?.({ broker, influxd })) ?? {}
  await host.start({
    gateway: 'g',
    checkpoint: '1s',
    http: `127.0.0.1:${port}`,
    sources: { m: { ...source, url: brokerUrl, ...options.source } },
    windows,
    sinks: {
      db: { type: 'influxdb', url: databaseUrl, database: 'k', timeout: '3s', ...options.sink },
      file: { type: 'file', path: FILE },
    },
    ...options.config,
  })
  const status = async () => (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as Status
  const shows: Plant['shows'] = async (what, look, withinMs) => {
    let last: Status | undefined
    try {
      return await until(what, async () => look((last = await status())), withinMs)
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${JSON.stringify(last)}\n${await host.said()}`, { cause: error })
    }
  }
  // The session must be there before anything is sent.
  await shows('the link is up', ({ sources }) => sources[0].link.state === 'up')
  const load = await startNumberedLoad(broker.url, rateHz)
  t.after(() => load.stop())
  const database = influxd.client('k')
  return {
    broker,
    influxd,
    host,
    load,
    status,
    shows,
    async agrees(withinMs) {
      // Of what came just now all windows are still open.
      const { sent } = load
      await until('more is sent', () => load.sent > sent + rateHz)
      let wrong: string[] = []
      const look = async () => (wrong = await load.wrongIn(database, false)).length === 0
      await until('the database is right', look, withinMs).catch(async ({ cause }) => {
        const why = wrong.length > 0 ? wrong.slice(0, 20).join('\n') : String(cause)
        throw new Error(`${why}\n${JSON.stringify(await status())}\n${await host.said()}`)
      })
    },
    async end(patienceMs = Math.max(20_000, load.sent / 20)) {
      await load.stop()
      let wrong: string[] = []
      const look = async () => {
        wrong = wrongIn(await status(), load.sent)
        if (wrong.length === 0) wrong = [...(await load.wrongIn(database, true)), ...load.wrongInFile(host.read(FILE))]
        return wrong.length === 0
      }
      await until('all is as it must be', look, patienceMs).catch(async () => {
        wrong.push(...(await load.wrongIn(database, true)), await host.said())
      })
      return wrong.length > 20 ? [...wrong.slice(0, 20), `${wrong.length - 20} more`] : wrong
    },
  }
}

/** What the ledger says otherwise than that each message counted once, and all points were delivered. */
function wrongIn({ sources: [{ frames, samples }], sinks, alarms, kept }: Status, sent: number): string[] {
  const { in: all, duplicate, ...others } = frames
  const points = sinks.map((sink) => sink.points)
  const found = { frames: others, samples, points, alarms, setAside: kept?.setAside, unwritten: kept?.unwrittenFrames }
  const must = {
    frames: { ...zero(others), decoded: sent },
    samples: { ...zero(samples), decoded: SAMPLES * sent, reduced: SAMPLES * sent },
    points: points.map((one) => ({ ...zero(one), emitted: one.emitted, delivered: one.emitted })),
    alarms: [],
    setAside: 0,
    unwritten: 0,
  }
  return JSON.stringify(found) === JSON.stringify(must)
    ? []
    : [`the ledger, of ${sent} messages sent, is ${JSON.stringify(found)}; in ${all}, duplicate ${duplicate}`]
}

const zero = <T extends object>(counts: T) => Object.fromEntries(Object.keys(counts).map((key) => [key, 0]))

/** A process of its own, in a folder of its own. */
export function processHost(t: Scope): Host & { readonly folder: string; readonly weir: WeirProcess } {
  const folder = emptyFolder(t)
  let weir: WeirProcess
  const start = () => {
    weir = startWeir(t, ['run', 'weir.yaml'], { cwd: folder })
  }
  return {
    folder,
    get weir() {
      return weir
    },
    start(keys) {
      writeFileSync(join(folder, 'weir.yaml'), JSON.stringify({ stateDir: 'state', runtimeDir: 'run', ...keys }))
      start()
    },
    async kill(stoppingMs) {
      if (stoppingMs !== undefined) {
        weir.child.kill('SIGTERM')
        await after(stoppingMs)
      }
      weir.child.kill('SIGKILL')
      await weir.ended
      start()
    },
    async stop() {
      await weir.terminate()
    },
    said: () => weir.stderr().split('\n').slice(-30).join('\n'),
    read: (file) => readFileSync(join(folder, file), 'utf8'),
  }
}
