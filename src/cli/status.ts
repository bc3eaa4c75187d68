import { SystemClock } from '../engine/clock.js'
import { pause } from '../model/clock.js'
import type { Status } from '../model/status.js'
import { coloursWanted, createPaint } from '../observe/paint.js'
import { Screen } from '../observe/screen.js'
import { statusLines } from '../observe/status-text.js'
import { EXIT } from './exit-codes.js'
import { type Remote, type RemoteOptions, remoteWeir } from './remote.js'

const REFRESH_MS = 1000

/** `weir status`: what a running weir does, once or again and again; 1 when it is not ready or has alarms. */
export async function status(options: RemoteOptions & { json?: boolean; watch?: boolean }): Promise<number> {
  const remote = await remoteWeir(options)
  if (options.watch) return watch(remote)
  const now = await look(remote)
  if (options.json) process.stdout.write(`${JSON.stringify(now, null, 2)}\n`)
  else {
    const paint = createPaint(coloursWanted(process.stdout, process.env))
    process.stdout.write(`${statusLines(now, undefined, Date.now() * 1000, paint).join('\n')}\n`)
  }
  return now.ready && now.alarms.length === 0 ? EXIT.ok : EXIT.failure
}

const look = async (remote: Remote): Promise<Status> => (await (await remote.get('/status')).json()) as Status

async function watch(remote: Remote): Promise<number> {
  const over = new AbortController()
  const end = () => over.abort()
  process.once('SIGINT', end).once('SIGTERM', end)
  process.stdout.once('error', end)
  const clock = new SystemClock()
  const paint = createPaint(coloursWanted(process.stdout, process.env))
  const screen = new Screen(process.stdout)
  let before: { status: Status; atUs: number } | undefined
  try {
    while (!over.signal.aborted) {
      const nowUs = clock.nowUs()
      const now = await look(remote).catch((error: Error) => error)
      if (now instanceof Error) screen.draw([paint.red(now.message), '', ...(before ? ['trying again'] : [])])
      else {
        screen.draw(statusLines(now, before, nowUs, paint))
        before = { status: now, atUs: nowUs }
      }
      await pause(clock, REFRESH_MS, over.signal)
    }
  } finally {
    screen.close()
  }
  return EXIT.ok
}
