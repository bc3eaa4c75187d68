import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Status } from '../../src/model/status.js'
import { freePort } from '../support/victoria.js'
import type { Bench } from './main.js'

const SECONDS = 20
const CLOCK_TICKS = 100
const script = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const COMMANDS = { descriptor: script('../../src/main.js'), binding: script('../support/weir-no-descriptor.js') }
type Way = keyof typeof COMMANDS

interface Load {
  name: string
  ports: number
  bytesASecond: number
  baud: number
  time: 'own' | 'arrival'
}

const LOADS: Load[] = [
  { name: '32 ports × 100 lines/s', ports: 32, bytesASecond: 4000, baud: 115_200, time: 'own' },
  { name: '32 ports × 100 lines/s', ports: 32, bytesASecond: 4000, baud: 115_200, time: 'arrival' },
  { name: '921,600 baud, full', ports: 1, bytesASecond: 92_160, baud: 921_600, time: 'own' },
  { name: '921,600 baud, full', ports: 1, bytesASecond: 92_160, baud: 921_600, time: 'arrival' },
  { name: '3 Mbaud, full', ports: 1, bytesASecond: 300_000, baud: 3_000_000, time: 'own' },
]

const yaml = (paths: string[], { baud, time }: Load, httpPort: number, runtimeDir: string) => `
gateway: bench
http: 127.0.0.1:${httpPort}
runtimeDir: ${runtimeDir}
sources:
${paths
  .map(
    (path, i) => `  p${i}:
    type: serial
    path: ${path}
    baud: ${baud}
    sequence: { path: n }
    ${time === 'own' ? 'time: { path: t, unit: ms }' : ''}
    decode: { type: csv, columns: [t, n, temp, state], fields: [temp] }`,
  )
  .join('\n')}
windows:
  second: { every: 1s, reduce: [count, mean, min, max] }
sinks:
  out: { type: file, path: out.lp }
`

/** CPU of the whole process, ms, and how often a thread of it was woken. */
async function usage(pid: number, metrics: string): Promise<{ cpuMs: number; wakeUps: number }> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ')
  const page = await (await fetch(metrics)).text()
  return {
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS,
    wakeUps: Number(/^weir_wakeups_total (\d+)/m.exec(page)![1]),
  }
}

async function untilUp(url: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const status = await fetch(url).then(
      (response) => response.json() as Promise<Status>,
      () => undefined,
    )
    if (status?.sources.every(({ link }) => link.state === 'up')) return
    await sleep(20)
  }
  throw new Error('the ports were not opened')
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

async function measure(load: Load, way: Way): Promise<Bench['rows'][number]> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-bench-'))
  // Where the service has it: in memory.
  const runtimeDir = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : folder, 'weir-bench-'))
  const args = [script('./serial/devices.js'), load.ports, load.bytesASecond, SECONDS].map(String)
  const devices = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const said = createInterface({ input: devices.stdout })[Symbol.asyncIterator]()
  const paths = JSON.parse((await said.next()).value!) as string[]
  const httpPort = await freePort()
  const url = `http://127.0.0.1:${httpPort}`
  await writeFile(join(folder, 'weir.yaml'), yaml(paths, load, httpPort, runtimeDir))
  const child = spawn(process.execPath, [COMMANDS[way], 'run', 'weir.yaml'], { cwd: folder, stdio: 'ignore' })
  try {
    await untilUp(`${url}/status`)
    await sleep(2000)
    devices.stdin.write('go\n')
    const from = await usage(child.pid!, `${url}/metrics`)
    const fromMs = performance.now()
    const sent = JSON.parse((await said.next()).value!) as { lines: number; full: number }
    const to = await usage(child.pid!, `${url}/metrics`)
    const ms = performance.now() - fromMs
    await sleep(1500)
    const { sources } = (await (await fetch(`${url}/status`)).json()) as Status
    const sum = (what: (source: Status['sources'][number]) => number) => sources.reduce((n, s) => n + what(s), 0)
    const lost = sum(({ wire, frames }) => wire.missing + frames.dropped + frames.undecodable)
    return {
      load: load.name,
      time: load.time,
      way,
      '% of a core': ((to.cpuMs - from.cpuMs) / ms) * 100,
      'wake-ups/s': Math.round(((to.wakeUps - from.wakeUps) / ms) * 1000),
      'reads/s': Math.round((sum(({ details }) => details.reads as number) / ms) * 1000),
      lines: sent.lines,
      'not counted': sent.lines - sum(({ samples }) => samples.decoded) + lost,
      full: sent.full,
    }
  } finally {
    await stop(child)
    devices.stdin.end()
    for (const made of [folder, runtimeDir]) await rm(made, { recursive: true, force: true })
  }
}

/** Serial ports as a user has them: CPU of `weir run` while devices speak over pseudo-terminals. */
export async function run(): Promise<Bench> {
  const rows: Bench['rows'] = []
  for (const load of LOADS)
    for (const way of Object.keys(COMMANDS) as Way[]) {
      console.error(`${load.name}, time ${load.time}, by ${way}`)
      rows.push(await measure(load, way))
    }
  return {
    title: `Serial ports: \`weir run\` for ${SECONDS} s each, lines of 40 bytes to 1 s windows of four reductions`,
    rows,
    notes: [
      'way: by the descriptor, or by what the manual of serialport promises, as where there is no descriptor.',
      'not counted: lines sent that are in no window, and whatever was counted as missing, dropped or undecodable; must be 0.',
      'full: times that the kernel had no room and the device waited; a UART without flow control would have lost bytes.',
    ],
  }
}
