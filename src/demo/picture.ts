import { imbalance } from '../model/ledger.js'
import type { Status } from '../model/status.js'
import type { Paint } from '../observe/paint.js'
import { alignedLines, countText } from '../observe/text-table.js'
import type { LiveSeries } from './live-series.js'
import type { Rates } from './rates.js'
import { sparkline } from './sparkline.js'

/** What one drawing of the demo's picture shows. */
export interface Picture {
  brokerUrl: string
  /** Where the points go. */
  target: string
  status: Status
  rates: Rates
  rssBytes: number
  upMs: number
  series: readonly LiveSeries[]
}

const TREND_WINDOWS = 18

/** The picture as lines: what runs, how fast, the last window of every series, and the ledger. */
export function pictureLines(picture: Picture, paint: Paint): string[] {
  const { rates, upMs, rssBytes } = picture
  const flow = [
    `${countText(Math.round(rates.messages))} msg/s`,
    `${countText(Math.round(rates.samples))} samples/s`,
    `${countText(Math.round(rates.points))} points/s`,
    `CPU ${(rates.cpu * 100).toFixed(1)} % with broker and machines`,
    `${Math.round(rssBytes / 2 ** 20)} MiB`,
    `up ${durationText(upMs)}`,
  ]
  return [
    `${paint.bold('weir demo')}   machines at ${picture.brokerUrl}   ${paint.dim('Ctrl-C ends')}`,
    `points to ${picture.target}`,
    '',
    paint.cyan(flow.join('   ')),
    '',
    ...seriesLines(picture.series, paint),
    '',
    ...accountLines(picture.status, paint),
  ]
}

function seriesLines(series: readonly LiveSeries[], paint: Paint): string[] {
  if (series.length === 0) return [paint.dim('waiting for the first window to end')]
  const titles = ['machine', 'field', 'n', 'mean', 'min', 'max', 'stddev', `means of the last ${TREND_WINDOWS} windows`]
  const rows = series.map(({ device, field, windows }, i) => {
    const last = windows[windows.length - 1].reductions
    const numbers = ['mean', 'min', 'max', 'stddev'].map((name) => last.get(name))
    const decimals = decimalsOf(numbers)
    const means = windows.slice(-TREND_WINDOWS).flatMap(({ reductions }) => reductions.get('mean') ?? [])
    return [
      device === series[i - 1]?.device ? '' : device,
      field,
      countText(last.get('count') ?? 0),
      ...numbers.map((value) => (value === undefined ? '-' : value.toFixed(decimals))),
      sparkline(means),
    ]
  })
  return alignedLines([titles, ...rows], {
    left: [0, 1, 7],
    paint: (cell, row, column) =>
      row === 0 ? paint.dim(cell) : column === 0 ? paint.bold(cell) : column === 7 ? paint.green(cell) : cell,
  })
}

/** Decimals that give the largest of the values four or five digits. */
function decimalsOf(values: readonly (number | undefined)[]): number {
  const largest = Math.max(...values.map((value) => Math.abs(value ?? 0)))
  return largest >= 10_000 ? 0 : largest >= 1000 ? 1 : largest >= 1 ? 2 : 4
}

function accountLines(status: Status, paint: Paint): string[] {
  const parts = [
    ...status.sources.map(({ name, frames, samples }) =>
      [
        `${name}: ${countText(frames.in)} frames in`,
        ...fatesOf(frames, 'in', 'decoded'),
        `${countText(samples.decoded)} samples`,
        ...fatesOf(samples, 'decoded', 'reduced'),
      ].join(', '),
    ),
    ...status.sinks.map(({ name, points }) =>
      [`${name}: ${countText(points.emitted)} points`, ...fatesOf(points, 'emitted', 'delivered', true)].join(', '),
    ),
  ]
  const off =
    status.sources.some(({ frames, samples }) => imbalance.frames(frames) !== 0 || imbalance.samples(samples) !== 0) ||
    status.sinks.some(({ points }) => imbalance.points(points) !== 0)
  return [
    `${paint.dim('ledger')}  ${off ? paint.red('does not balance') : paint.green('balances')}`,
    ...parts.map((part) => `  ${part}`),
    ...status.alarms.map((alarm) => paint.red(alarm)),
  ]
}

/** The counts of a ledger that are not zero; what is as it should be only where `good` is told. */
function fatesOf(ledger: object, total: string, usual: string, tellUsual = false): string[] {
  return Object.entries(ledger)
    .filter(([key, count]) => key !== total && count !== 0 && (tellUsual || key !== usual))
    .map(([key, count]) => `${countText(count)} ${key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`)
}

function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
