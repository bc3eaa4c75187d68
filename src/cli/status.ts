import { setTimeout as sleep } from 'node:timers/promises'
import { LinkError } from '../model/errors.js'
import type { Status } from '../model/status.js'
import { coloursWanted, createPaint, type Paint } from '../observe/paint.js'
import { RateMeter } from '../observe/rates.js'
import { Screen } from '../observe/screen.js'
import { countsOf, statusLines } from '../observe/status-text.js'
import { enough } from './enough.js'
import { EXIT } from './exit-codes.js'
import { Running, type RunningOptions } from './running.js'

/** What the command line says. */
export interface StatusOptions extends RunningOptions {
  once?: boolean
  watch?: boolean
  json?: boolean
}

/** Between two looks, ms. */
const EVERY_MS = 1000

/** `weir status`: how a running weir is; 0 when it is ready, 1 when it isn't or nobody answers. */
export async function status(options: StatusOptions): Promise<number> {
  const running = await Running.find(options)
  const { json, watch = process.stdout.isTTY && !json && !options.once } = options
  if (watch) return json ? watchJson(running) : watchPicture(running)
  const first = await look(running)
  if (json) process.stdout.write(`${JSON.stringify(first, null, 2)}\n`)
  else {
    const meter = new RateMeter()
    meter.look(countsOf(first), performance.now())
    await sleep(EVERY_MS)
    process.stdout.write(`${picture(running, await look(running), meter, stdoutPaint()).join('\n')}\n`)
  }
  return first.ready ? EXIT.ok : EXIT.failure
}

async function watchPicture(running: Running): Promise<number> {
  const { stdout } = process
  const paint = stdoutPaint()
  const screen = stdout.isTTY ? new Screen(stdout) : undefined
  let meter = new RateMeter()
  let startedUs = 0
  let last: string[] = []
  let goneMs: number | undefined
  const code = await repeat(async (signal) => {
    try {
      const seen = await look(running, signal)
      // Another run counts from nothing.
      if (seen.startedUs !== startedUs) meter = new RateMeter()
      startedUs = seen.startedUs
      goneMs = undefined
      last = picture(running, seen, meter, paint)
      if (screen) screen.draw(last)
      else stdout.write(`${last.join('\n')}\n\n`)
      return seen.ready
    } catch (error) {
      if (signal.aborted || !(error instanceof LinkError)) throw error
      goneMs ??= Date.now()
      const lines = [
        paint.red(error.message),
        paint.dim(`since ${new Date(goneMs).toLocaleTimeString('en-GB')}; trying again`),
      ]
      if (screen) screen.draw([...lines, '', ...last])
      else stdout.write(`${lines.join('\n')}\n\n`)
      return false
    }
  })
  screen?.close()
  return code
}

async function watchJson(running: Running): Promise<number> {
  return repeat(async (signal) => {
    const seen = await look(running, signal)
    process.stdout.write(`${JSON.stringify(seen)}\n`)
    return seen.ready
  })
}

/** Again and again until there is enough; the exit code by the last answer. */
async function repeat(ask: (signal: AbortSignal) => Promise<boolean>): Promise<number> {
  const { signal } = enough()
  let ready = false
  while (!signal.aborted) {
    try {
      ready = await ask(signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
  }
  return ready ? EXIT.ok : EXIT.failure
}

async function look(running: Running, signal?: AbortSignal): Promise<Status> {
  const text = await running.text('/status', signal)
  try {
    const seen = JSON.parse(text) as Status
    if (Array.isArray(seen.sources) && Array.isArray(seen.sinks) && Array.isArray(seen.windows)) return seen
  } catch {}
  throw new LinkError(`cannot read what ${running.url} answers: it is no status; is this a weir?`)
}

function picture(running: Running, seen: Status, meter: RateMeter<string>, paint: Paint): string[] {
  const rates = meter.look(countsOf(seen), performance.now())
  return statusLines({ status: seen, rates, url: running.url, nowUs: Date.now() * 1000 }, paint)
}

const stdoutPaint = () => createPaint(coloursWanted(process.stdout, process.env))
