import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { components } from '../components.js'
import { loadConfig, readDocuments } from '../config/load.js'
import type { FrameLedger } from '../model/ledger.js'
import type { Status } from '../model/status.js'
import { DEFAULT_CONFIGURATION, measurable } from './configuration.js'
import { type MessageRecipe, payloadText, recipesOf } from './messages.js'
import { highestCarried, type Trial } from './search.js'

/** What this machine carries with a configuration. */
export interface Carried {
  devices: number
  qos: 0 | 1
  /** The first recipe's payload as it is sent. */
  example: string
  windows: string[]
  trials: Trial[]
  /** The highest rate that was carried; absent where not even the first was. */
  best?: Trial
  /** Resident at the end. */
  rssMb: number
}

export interface CarriedOptions {
  /** Configuration files; none for the default. */
  files: readonly string[]
  /** How long each rate is tried. */
  seconds: number
  onTrial?(trial: Trial): void
}

const DEVICES = 100
const WARM_RATE = 4000
const LOOK_MS = 50
/** Beyond a batch, what is called late. */
const LATE_MS = 1000
/** After so long without a message those that are missing are called lost. */
const PATIENCE_MS = 3000
const BUSY = 0.95
/** A broker that is as busy is what the others wait for. */
const MOSTLY_BUSY = 0.75
/** A rate that is met but for this part is met. */
const NEARLY = 0.95
const START_MS = 20_000
const main = fileURLToPath(new URL('../main.js', import.meta.url))
const script = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url))

/**
 * Tries rates until one is not carried: a broker, a publisher and `weir run` in processes of their own. Throws a ConfigError
 * where the configuration can't be measured.
 */
export async function measureCarried({ files, seconds, onTrial }: CarriedOptions): Promise<Carried> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-bench-'))
  const children: Child[] = []
  const start = (name: string, args: readonly string[]) => {
    const child = new Child(name, args)
    children.push(child)
    return child
  }
  try {
    const broker = start('the broker', [script('broker-process')])
    const { url } = await broker.answer<{ url: string }>()
    const given = files.length > 0 ? await readDocuments(files) : DEFAULT_CONFIGURATION
    const file = join(folder, 'weir.yaml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify(measurable(given, url, folder)))
    const plan = await loadConfig([file], { components })
    const recipes = recipesOf(plan, DEVICES)
    const weir = start('weir', [main, 'run', file])
    const gateway = new Running(await weir.ready())
    const publisher = start('the publisher', [script('publisher-process')])
    publisher.tell({ url, recipes })
    const bed = { gateway, publisher, broker }
    const attempt = async (rate: number): Promise<Trial> => {
      const trial = await attemptRate(bed, rate, seconds, plan.batchUs / 1000 + LATE_MS)
      onTrial?.(trial)
      return trial
    }
    // What runs for the first time is slow, and compiled while it runs.
    await attemptRate(bed, WARM_RATE, seconds, 0)
    const { trials, best } = await highestCarried(attempt)
    return {
      devices: Math.max(...recipes.map(({ topics }) => topics.length)),
      qos: recipes.some(({ qos }) => qos) ? 1 : 0,
      example: exampleOf(recipes[0]!),
      windows: plan.windows.map(({ name }) => name),
      trials,
      ...(best && { best }),
      rssMb: (await gateway.metric('process_resident_memory_bytes')) / 2 ** 20,
    }
  } finally {
    await Promise.all(children.map((child) => child.end()))
    await rm(folder, { recursive: true, force: true })
  }
}

const exampleOf = (recipe: MessageRecipe): string => `${recipe.topics[0]} ${payloadText(recipe, 0, Date.now())}`

interface Bed {
  gateway: Running
  publisher: Child
  broker: Child
}

async function attemptRate(
  { gateway, publisher, broker }: Bed,
  rate: number,
  seconds: number,
  lateMs: number,
): Promise<Trial> {
  const before = await gateway.messages()
  const cpuBefore = await gateway.metric('process_cpu_seconds_total')
  broker.tell('')
  const brokerBefore = await broker.answer<number>()
  publisher.tell({ rate, seconds })
  const sent = await publisher.answer<{ sent: number; seconds: number }>()
  const sentMs = performance.now()
  let taken = await gateway.messages()
  for (let sinceMs = sentMs; taken.good - before.good < sent.sent && performance.now() - sinceMs < PATIENCE_MS; ) {
    await pause(LOOK_MS)
    const now = await gateway.messages()
    if (now.good > taken.good) sinceMs = performance.now()
    taken = now
  }
  if (taken.undecodable > before.undecodable)
    throw new Error(
      'cannot measure: weir can not read the messages that are made for this configuration; name its fields in `decode`, or measure with another one',
    )
  const lost = Math.max(0, sent.sent - (taken.good - before.good))
  const behindMs = performance.now() - sentMs
  const cpuS = (await gateway.metric('process_cpu_seconds_total')) - cpuBefore
  broker.tell('')
  const brokerUs = (await broker.answer<number>()) - brokerBefore
  const tookS = sent.seconds + behindMs / 1000
  const trial: Trial = {
    rate,
    sentRate: sent.sent / sent.seconds,
    usEach: (cpuS * 1e6) / Math.max(1, sent.sent),
    core: cpuS / tookS,
    brokerCore: brokerUs / 1e6 / tookS,
    behindMs,
    lost,
  }
  if (lost > 0) trial.trouble = 'lost'
  else if (trial.core >= BUSY) trial.trouble = 'busy'
  else if (trial.sentRate < rate * NEARLY) trial.trouble = 'broker'
  else if (behindMs > lateMs) trial.trouble = trial.brokerCore > MOSTLY_BUSY ? 'broker' : 'late'
  return trial
}

/** The gateway by what its server tells. */
class Running {
  constructor(readonly url: string) {}

  /** Messages taken that could be read, and those that could not, as of the last batch. */
  async messages(): Promise<{ good: number; undecodable: number }> {
    const status = (await (await fetch(`${this.url}/status`)).json()) as Status
    const sum = (of: (frames: FrameLedger) => number) => status.sources.reduce((all, { frames }) => all + of(frames), 0)
    return { good: sum(({ decoded }) => decoded), undecodable: sum(({ undecodable }) => undecodable) }
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
  }
}

/** A Node process of ours that ends with this one. */
class Child {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #lines: AsyncIterator<string>
  #said = ''

  constructor(
    readonly name: string,
    args: readonly string[],
  ) {
    this.#child = spawn(process.execPath, args, {
      env: { ...process.env, LOG_LEVEL: 'info', NOTIFY_SOCKET: undefined },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#said = `${this.#said}${text}`.slice(-8192)
    })
    // Whoever has ended already takes no orders.
    this.#child.stdin.on('error', () => {})
  }

  tell(order: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`)
  }

  async answer<T>(): Promise<T> {
    const { value, done } = await this.#lines.next()
    if (done) throw this.#ended()
    return JSON.parse(value) as T
  }

  /** The address of its server, which it tells on stderr once it is ready. */
  async ready(): Promise<string> {
    const signal = AbortSignal.timeout(START_MS)
    const over = once(this.#child, 'close')
    for (;;) {
      const url = /"http":"([^"]+)"/.exec(this.#said)?.[1]
      if (url) return url
      if (this.#child.exitCode !== null || signal.aborted) throw this.#ended()
      await Promise.race([once(this.#child.stderr, 'data', { signal }).catch(() => {}), over])
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const over = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await over
  }

  #ended(): Error {
    return new Error(`cannot measure: ${this.name} ended early${this.#said ? `; it said:\n${this.#said}` : ''}`)
  }
}
