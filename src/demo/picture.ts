import type { Status } from '../model/status.js'
import type { Paint } from '../observe/paint.js'
import { countText } from '../observe/text-table.js'
import { accountLines, accountSummary } from './account.js'
import type { Flow } from './flow.js'
import { clockText } from './live-series.js'
import { type Row, tableLines } from './table.js'

/** Something that happened. */
export interface Told {
  timeUs: number
  text: string
  /** Said by the simulation of itself; all else is told by the points. */
  simulated: boolean
}

/** It as a line. */
export function toldText({ timeUs, text, simulated }: Told): string {
  return `${clockText(timeUs)}  ${simulated ? '(simulation) ' : ''}${text}`
}

/** What one drawing of the demo's picture shows. */
export interface Picture {
  /** Of the live page; undefined where nothing listens. */
  pageUrl?: string
  brokerUrl: string
  /** Where the points go. */
  target: string
  status: Status
  /** A second. */
  rates: Flow
  rssBytes: number
  upMs: number
  rows: readonly Row[]
  /** What happened, oldest first. */
  story: readonly Told[]
}

/** Lines of the story that are always there. */
const STORY_LEAST = 3
const STORY_MOST = 9

/**
 * The picture as lines for a terminal of that size: what runs, how fast, the last window of every series, what
 * happened, and the ledger. Where the terminal is low, the essence of each.
 */
export function pictureLines(picture: Picture, paint: Paint, { columns = 80, rows = 24 }): string[] {
  const { rates, upMs, rssBytes, pageUrl, story } = picture
  const title = [
    paint.bold('weir demo'),
    ...(pageUrl ? [`open ${paint.bold(paint.cyan(pageUrl))}`] : []),
    paint.dim('Ctrl-C ends'),
  ].join('   ')
  const flow = [
    `${countText(Math.round(rates.messages))} msg/s`,
    `${countText(Math.round(rates.samples))} samples/s`,
    `${countText(Math.round(rates.points))} points/s`,
    `CPU ${(rates.cpu * 100).toFixed(1)} % with machines`,
    `${Math.round(rssBytes / 2 ** 20)} MiB`,
    `up ${durationText(upMs)}`,
  ].join('  ')
  const table = tableLines(picture.rows, paint, columns)
  const account = accountLines(picture.status, paint)
  // The last line of a terminal stays empty: the cursor stands there.
  const roomy = rows - 1 - (table.length + account.length + 8) >= STORY_LEAST
  const above = roomy
    ? [
        title,
        paint.dim(`machines at ${picture.brokerUrl}, points to ${picture.target}`),
        '',
        paint.cyan(flow),
        '',
        ...table,
        '',
      ]
    : [title, paint.cyan(flow), ...table]
  const below = roomy ? ['', ...account] : [accountSummary(picture.status, paint)]
  const room = rows - 1 - above.length - below.length
  const shown = story.slice(-Math.min(STORY_MOST, Math.max(STORY_LEAST, room))).map((told) => {
    const text = toldText(told)
    const line = text.length > columns ? `${text.slice(0, columns - 1)}…` : text
    return told.simulated ? paint.dim(line) : line
  })
  return [...above, ...shown, ...below]
}

function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
