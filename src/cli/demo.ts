import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { components } from '../components.js'
import { loadConfig } from '../config/load.js'
import { startBroker } from '../demo/broker.js'
import { type DemoSink, demoConfigText, demoEnvironment, demoFiles } from '../demo/configuration.js'
import { type Devices, startDevices } from '../demo/devices.js'
import { freeAddress, openInBrowser } from '../demo/page-address.js'
import { openSerialLine } from '../demo/serial-line.js'
import { PACE } from '../demo/story.js'
import { type DemoView, plainView, terminalView } from '../demo/view.js'
import { SystemClock } from '../engine/clock.js'
import { pause } from '../model/clock.js'
import type { Components } from '../model/components.js'
import type { LogLevel } from '../observe/log-levels.js'
import { coloursWanted, createPaint } from '../observe/paint.js'
import type { OpenPort } from '../sources/serial/binding.js'
import { serialThrough } from '../sources/serial.js'
import { EXIT } from './exit-codes.js'
import { processLog } from './process-log.js'
import { runPlan } from './run-plan.js'

/** What the command line says. */
export interface DemoOptions {
  influx?: string
  database: string
  fast?: boolean
  open?: boolean
  seconds?: number
  printConfig?: boolean
  logLevel: LogLevel
}

/** `weir demo`: a broker, machines and a gateway in this process until Ctrl-C; the exit code. */
export async function demo(options: DemoOptions): Promise<number> {
  if (options.printConfig) {
    process.stdout.write(demoConfigText(options.influx ? 'influx' : 'file'))
    return EXIT.ok
  }
  const clock = new SystemClock()
  const [sink, broker, { line, noTerminal }] = await Promise.all([demoSink(options), startBroker(), openSerialLine()])
  const target = sink.kind === 'file' ? sink.path : `${sink.url}, database ${sink.database}`
  const env = demoEnvironment(broker.url, line.path, sink)
  const plan = await loadConfig(demoFiles(sink.kind), { components, env })
  if (plan.http) plan.http = await freeAddress(plan.http)
  // What is kept for the next start is of no use to another demo.
  const kept = await mkdtemp(join(tmpdir(), 'weir-demo-state-'))
  plan.stateDir = join(kept, 'state')
  plan.runtimeDir = join(kept, 'run')
  const view: DemoView = process.stdout.isTTY
    ? terminalView(process.stdout, {
        clock,
        paint: createPaint(coloursWanted(process.stdout, process.env)),
        brokerUrl: broker.url,
        target,
      })
    : plainView(process.stdout, process.stderr, clock)
  let devices: Promise<Devices> | undefined
  // However it ends, the terminal gets its cursor back.
  process.once('exit', () => view.close())
  const stderr = { write: (text: string) => (process.stderr.isTTY ? view.print(text) : process.stderr.write(text)) }
  const code = await runPlan(plan, {
    log: processLog(options.logLevel, stderr),
    components: line.open ? withPortsOpenedBy(line.open) : components,
    onPoints: (points) => view.take(points),
    onReady(status, url) {
      view.begin(status, url)
      if (!process.stdout.isTTY) stderr.write(`simulated machines at ${broker.url}, points to ${target}\n`)
      if (noTerminal) view.note(`pump-1: on a mock of a serial port: ${noTerminal}`)
      if (url && options.open) openInBrowser(url)
      devices = startDevices({
        brokerUrl: broker.url,
        line,
        pace: options.fast ? PACE.fast : PACE.normal,
        onNote: (text) => view.note(text),
      })
    },
    until: Promise.race([
      once(process.stdout, 'error'),
      ...(options.seconds === undefined ? [] : [pause(clock, options.seconds * 1000)]),
    ]),
    stderr: {
      write(text) {
        view.close()
        process.stderr.write(text)
      },
    },
  })
  await (await devices)?.stop()
  line.close()
  await broker.close()
  await rm(kept, { recursive: true, force: true })
  if (sink.kind === 'file') process.stderr.write(`the points are in ${sink.path}\n`)
  return code
}

function withPortsOpenedBy(open: OpenPort): Components {
  const sources = components.sources.map((source) => (source.type === 'serial' ? serialThrough(open) : source))
  return { ...components, sources }
}

async function demoSink({ influx, database }: DemoOptions): Promise<DemoSink> {
  if (influx) return { kind: 'influx', url: influx, database }
  return { kind: 'file', path: join(await mkdtemp(join(tmpdir(), 'weir-demo-')), 'points.lp') }
}
