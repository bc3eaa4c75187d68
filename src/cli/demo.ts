import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { components } from '../components.js'
import { loadConfig } from '../config/load.js'
import { startBroker } from '../demo/broker.js'
import { type DemoSink, demoConfigText, demoEnvironment, demoFiles } from '../demo/configuration.js'
import { type Devices, startDevices } from '../demo/devices.js'
import { type DemoView, plainView, terminalView } from '../demo/view.js'
import { SystemClock } from '../engine/clock.js'
import { pause } from '../model/clock.js'
import type { LogLevel } from '../observe/log-levels.js'
import { coloursWanted, createPaint } from '../observe/paint.js'
import { EXIT } from './exit-codes.js'
import { processLog } from './process-log.js'
import { runPlan } from './run-plan.js'

/** What the command line says. */
export interface DemoOptions {
  influx?: string
  database: string
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
  const sink = await demoSink(options)
  const target = sink.kind === 'file' ? sink.path : `${sink.url}, database ${sink.database}`
  const broker = await startBroker()
  const plan = await loadConfig(demoFiles(sink.kind), { components, env: demoEnvironment(broker.url, sink) })
  const view: DemoView = process.stdout.isTTY
    ? terminalView(process.stdout, {
        clock,
        paint: createPaint(coloursWanted(process.stdout, process.env)),
        brokerUrl: broker.url,
        target,
      })
    : plainView(process.stdout, process.stderr)
  let devices: Promise<Devices> | undefined
  // However it ends, the terminal gets its cursor back.
  process.once('exit', () => view.close())
  const stderr = { write: (text: string) => (process.stderr.isTTY ? view.print(text) : process.stderr.write(text)) }
  if (!process.stdout.isTTY) stderr.write(`simulated machines at ${broker.url}, points to ${target}\n`)
  const code = await runPlan(plan, {
    log: processLog(options.logLevel, stderr),
    onPoints: (points) => view.take(points),
    onReady(status) {
      view.begin(status)
      devices = startDevices(broker.url)
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
  await broker.close()
  if (sink.kind === 'file') process.stderr.write(`the points are in ${sink.path}\n`)
  return code
}

async function demoSink({ influx, database }: DemoOptions): Promise<DemoSink> {
  if (influx) return { kind: 'influx', url: influx, database }
  return { kind: 'file', path: join(await mkdtemp(join(tmpdir(), 'weir-demo-')), 'points.lp') }
}
