import type { Clock } from '../model/clock.js'
import type { Points } from '../model/points.js'
import type { Status } from '../model/status.js'
import type { Paint } from '../observe/paint.js'
import { RateMeter } from '../observe/rates.js'
import { Screen, type ScreenOutput } from '../observe/screen.js'
import { type Flow, flowOf } from './flow.js'
import { LiveTable } from './live-series.js'
import { MARKS } from './marks.js'
import { Narrator } from './narrator.js'
import { pictureLines, type Told, toldText } from './picture.js'
import { plainLines } from './plain-lines.js'

/** What shows the demo: a picture redrawn in place on a terminal, else a line for each point. */
export interface DemoView {
  take(points: Points): void
  /** What the simulation says that it did. */
  note(text: string): void
  /** From now on the picture is drawn; the page is at `pageUrl`, where there is one. */
  begin(status: () => Status, pageUrl: string | undefined): void
  /** Text that stays, such as a log line. */
  print(text: string): void
  /** Draws a last time and gives the terminal back; again is nothing. */
  close(): void
}

const REDRAW_MS = 500
const WINDOWS_KEPT = 18
const STORY_KEPT = 12

/** What a view is made from. */
export interface DemoScene {
  clock: Clock
  paint: Paint
  brokerUrl: string
  /** Where the points go. */
  target: string
}

/** The view for a terminal. */
export function terminalView(output: ScreenOutput, { clock, paint, brokerUrl, target }: DemoScene): DemoView {
  const screen = new Screen(output)
  const table = new LiveTable(WINDOWS_KEPT)
  const story: Told[] = []
  const tell = (text: string, simulated = false) => {
    story.push({ timeUs: clock.nowUs(), text, simulated })
    if (story.length > STORY_KEPT) story.shift()
  }
  const narrator = new Narrator(table, tell)
  const meter = new RateMeter<keyof Flow>()
  const beganMs = clock.monotonicMs()
  let closed = false
  let draw = () => {}
  let timer: { cancel(): void } | undefined
  return {
    take: (points) => narrator.take(points),
    note: (text) => tell(text, true),
    begin(status, pageUrl) {
      draw = () => {
        const { user, system } = process.cpuUsage()
        const nowMs = clock.monotonicMs()
        const now = status()
        const rows = table.series.map((series) => ({
          series,
          silentUs: table.silentUs(series),
          past: MARKS.filter(({ field }) => field === series.field)
            .map(({ reduction }) => reduction)
            .filter((reduction) => narrator.isPast(series.device, series.field, reduction)),
        }))
        const picture = {
          pageUrl,
          brokerUrl,
          target,
          status: now,
          rates: meter.look(flowOf(now, user + system), nowMs),
          rssBytes: process.memoryUsage.rss(),
          upMs: nowMs - beganMs,
          rows,
          story,
        }
        screen.draw(pictureLines(picture, paint, output))
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
export function plainView(stdout: ScreenOutput, stderr: ScreenOutput, clock: Clock): DemoView {
  const tell = (text: string, simulated = false) =>
    void stderr.write(`${toldText({ timeUs: clock.nowUs(), text, simulated })}\n`)
  const narrator = new Narrator(new LiveTable(WINDOWS_KEPT), tell)
  return {
    take(points) {
      stdout.write(plainLines(points))
      narrator.take(points)
    },
    note: (text) => tell(text, true),
    begin(_status, pageUrl) {
      if (pageUrl) stderr.write(`open ${pageUrl}\n`)
    },
    print: (text) => void stderr.write(text),
    close() {},
  }
}
