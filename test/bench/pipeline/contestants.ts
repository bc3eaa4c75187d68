import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Status } from '../../../src/model/status.js'
import { freePort } from '../../support/victoria.js'
import type { Case } from './cases.js'

/** What takes the messages of a case: a process of its own, ready for them. */
export interface Running {
  readonly pid: number
  /** The database that its windows go to. */
  readonly database?: string
  status?(): Promise<Status>
  /** Ends it; how many messages it took, where it tells only then. */
  stop(): Promise<number | undefined>
}

/** Where a contestant finds what it needs. */
export interface Place {
  folder: string
  brokerPort: number
  databasePort: number
}

const PATIENCE_MS = 20_000

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const main = join(root, 'build/src/main.js')
/** Journal and checkpoint lie in memory, as the service has them. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const yaml = (load: Case, { brokerPort, databasePort }: Place, httpPort: number, runtimeDir: string) => `
gateway: bench
http: 127.0.0.1:${httpPort}
${load.durability === 'power' ? '' : `runtimeDir: ${runtimeDir}`}
${load.durability ? `durability: ${load.durability}` : ''}
maxSeries: ${Math.max(10_000, load.series * load.fields.length + 1000)}
${load.series > 10_000 ? 'maxMemory: 512MiB' : ''}
sources:
  plant:
    type: mqtt
    url: mqtt://127.0.0.1:${brokerPort}
    qos: ${load.qos}
    topics: ["sensors/{device}/data"]
    time: { path: ts, unit: ms${load.shape === 'columns' ? `, rate: ${(load.rate * load.samples) / load.series}` : ''} }
    decode: { type: json, ${load.shape === 'columns' ? 'samples' : 'fields'}: [${load.fields.join(', ')}] }
windows:
  second: { every: 1s, reduce: [count, sum, mean, min, max, stddev] }
sinks:
  db: { type: influxdb, url: "http://127.0.0.1:${databasePort}", database: weir, create: true }
`

/** weir as its users run it; `flags` are Node's. */
export async function startWeir(load: Case, place: Place, flags: readonly string[] = []): Promise<Running> {
  const httpPort = await freePort()
  const folder = mkdtempSync(join(place.folder, 'weir-'))
  const runtimeDir = mkdtempSync(join(MEMORY, 'weir-bench-'))
  await writeFile(join(folder, 'weir.yaml'), yaml(load, place, httpPort, runtimeDir))
  const child = spawn(process.execPath, [...flags, main, 'run', 'weir.yaml'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text) => {
    said = `${said}${text}`.slice(-10_000)
  })
  const url = `http://127.0.0.1:${httpPort}`
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`weir ended before it was ready and said:\n${said}`)
    await sleep(20)
  }
  return {
    pid: child.pid!,
    database: 'weir',
    status: async () =>
      (await (await fetch(`${url}/status`, { signal: AbortSignal.timeout(PATIENCE_MS) })).json()) as Status,
    async stop() {
      await end(child)
      rmSync(folder, { recursive: true })
      rmSync(runtimeDir, { recursive: true, force: true })
      return undefined
    },
  }
}

/** The plain program. */
export async function startPlain(load: Case, { brokerPort, databasePort }: Place): Promise<Running> {
  const script = fileURLToPath(new URL('./baseline.js', import.meta.url))
  const stepMs = load.rate > 0 ? (load.series * 1000) / load.rate / load.samples : 0
  const words = [script, brokerPort, databasePort, load.qos, load.fields.join(), stepMs].map(String)
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'pipe'] })
  const [said] = await once(child.stderr, 'data')
  if (String(said).trim() !== 'ready') throw new Error(`the plain program said: ${said}`)
  return {
    pid: child.pid!,
    database: 'baseline',
    stop: async () => void (await end(child)),
  }
}

/**
 * A folder with `pipe.js`, `as/host.js` and `as/decode.ts` in it, as MEASUREMENTS of the design were made with: it receives and
 * decodes, and does nothing else. It is copied, so that it finds this project's packages.
 */
export function preparePrototype(
  from: string,
  folder: string,
): (load: Case, place: Place, pauseMs: number) => Promise<Running> {
  const to = join(folder, 'prototype')
  mkdirSync(to)
  cpSync(from, to, { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(to, 'node_modules'))
  const memory = ['--importMemory', '--initialMemory', '1024', '--maximumMemory', '1024', '--memoryBase', '65536']
  const asc = ['as/decode.ts', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', ...memory]
  execFileSync('npx', ['asc', ...asc, '-o', 'as/decode.wasm'], { cwd: to, stdio: ['ignore', 'ignore', 'inherit'] })
  return async (load, { brokerPort }, pauseMs) => {
    const endless = Number.MAX_SAFE_INTEGER
    const words = ['pipe.js', `wasm-co${pauseMs}`, brokerPort, endless, load.qos, 0].map(String)
    const child = spawn(process.execPath, words, { cwd: to, stdio: ['ignore', 'pipe', 'pipe'] })
    let told = ''
    child.stdout.on('data', (text) => (told += text))
    const [said] = await once(child.stderr, 'data')
    if (String(said).trim() !== 'ready') throw new Error(`the prototype said: ${said}`)
    child.stderr.resume()
    return {
      pid: child.pid!,
      async stop() {
        // It ends by itself after three silent seconds, and tells.
        if (child.exitCode === null) await once(child, 'exit')
        return (JSON.parse(told) as { n: number }).n
      },
    }
  }
}

/** Functions by the CPU that they took themselves, dearest first, between two moments of the monotonic clock in µs. */
export function dearest(folder: string, fromUs: number, toUs: number): { name: string; us: number; part: number }[] {
  const profiles = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))
  const spent = new Map<string, number>()
  let busyUs = 0
  for (const file of profiles) {
    const { nodes, samples, timeDeltas, startTime } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile
    const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
    let atUs = startTime
    samples.forEach((sample, i) => {
      atUs += timeDeltas[i]
      const name = names.get(sample)!
      if (atUs < fromUs || atUs > toUs || name === '(idle)') return
      const us = timeDeltas[i + 1] ?? 0
      busyUs += us
      spent.set(name, (spent.get(name) ?? 0) + us)
    })
  }
  return [...spent].sort((a, b) => b[1] - a[1]).map(([name, us]) => ({ name, us, part: us / busyUs }))
}

interface CallFrame {
  functionName: string
  url: string
  lineNumber: number
}

interface Profile {
  nodes: { id: number; callFrame: CallFrame }[]
  samples: number[]
  timeDeltas: number[]
  startTime: number
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const place = url.split('/').slice(-2).join('/')
  return `${functionName || 'anonymous'}${place ? ` ${place}:${lineNumber + 1}` : ''}`
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await exit
  clearTimeout(late)
}
