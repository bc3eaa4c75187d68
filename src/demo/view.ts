import type { Clock } from '../model/clock.js'
import type { Points } from '../model/points.js'
import type { Status } from '../model/status.js'
import type { Paint } from '../observe/paint.js'
import { LiveTable } from './live-series.js'
import { pictureLines } from './picture.js'
import { plainLines } from './plain-lines.js'
import { RateMeter } from './rates.js'
import { Screen, type ScreenOutput } from './screen.js'

/** What shows the demo: a picture redrawn in place on a terminal, else a line for each point. */
export interface DemoView {
  take(points: Points): void
  /** From now on the picture is drawn. */
  begin(status: () => Status): void
  /** Text that stays, such as a log line. */
  print(text: string): void
  /** Draws a last time and gives the terminal back; again is nothing. */
  close(): void
}

const REDRAW_MS = 500
const WINDOWS_KEPT = 18
const REDUCTIONS = ['count', 'mean', 'min', 'max', 'stddev']

/** The view for a terminal. */
export function terminalView(
  output: ScreenOutput,
  { clock, paint, brokerUrl, target }: { clock: Clock; paint: Paint; brokerUrl: string; target: string },
): DemoView {
  const screen = new Screen(output)
  const table = new LiveTable(WINDOWS_KEPT, REDUCTIONS)
  const meter = new RateMeter()
  const beganMs = clock.monotonicMs()
  let closed = false
  let draw = () => {}
  let timer: { cancel(): void } | undefined
  return {
    take: (points) => table.take(points),
    begin(status) {
      draw = () => {
        const { user, system } = process.cpuUsage()
        const nowMs = clock.monotonicMs()
        const now = status()
        const picture = {
          brokerUrl,
          target,
          status: now,
          rates: meter.look(now, nowMs, user + system),
          rssBytes: process.memoryUsage.rss(),
          upMs: nowMs - beganMs,
          series: table.series,
        }
        screen.draw(pictureLines(picture, paint))
      }
      const next = () => {
        draw()
        timer = clock.after(REDRAW_MS, next)
      }
      next()
    },
    print: (text) => screen.printAbove(text),
    close() {
      if (closed) return
      closed = true
      timer?.cancel()
      draw()
      screen.close()
    },
  }
}

/** The view for a pipe or a file: `stdout` gets a line for each point, `stderr` all else. */
export function plainView(stdout: ScreenOutput, stderr: ScreenOutput): DemoView {
  return {
    take: (points) => void stdout.write(plainLines(points)),
    begin() {},
    print: (text) => void stderr.write(text),
    close() {},
  }
}
