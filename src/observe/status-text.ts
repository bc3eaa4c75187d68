import type { Status } from '../model/status.js'
import { ledgerText } from './ledger-text.js'
import type { Paint } from './paint.js'
import { span } from './span.js'
import { alignedLines, countText } from './text-table.js'
import { visible } from './visible.js'

/** What one drawing of a status shows. */
export interface StatusPicture {
  status: Status
  /** Of `countsOf`, a second. */
  rates: Readonly<Record<string, number>>
  /** Whence it was asked. */
  url: string
  nowUs: number
}

/** The counters of a status whose rates it shows, by a name for each. */
export function countsOf({ sources, sinks }: Status): Record<string, number> {
  return Object.fromEntries([
    ...sources.flatMap(({ name, frames, samples }) => [
      [`frames ${name}`, frames.in],
      [`samples ${name}`, samples.decoded],
    ]),
    ...sinks.map(({ name, points }) => [`points ${name}`, points.delivered]),
  ])
}

/** A status as lines for people: what is wrong first, then sources, windows, sinks and the ledger. */
export function statusLines({ status, rates, url, nowUs }: StatusPicture, paint: Paint): string[] {
  const { memory } = status
  const agoText = (us: number) => span((nowUs - us) / 1e6)
  const rate = (name: string) => countText(Number((rates[name] ?? 0).toPrecision(3)))
  const sources = status.sources.map(({ name, type, link, watermarkUs, skewMs }) => [
    name,
    type,
    link.state,
    agoText(link.sinceUs),
    rate(`frames ${name}`),
    rate(`samples ${name}`),
    watermarkUs === null ? '-' : agoText(watermarkUs),
    typeof skewMs === 'number' ? `${countText(Math.round(skewMs))} ms` : '-',
    link.detail ?? '',
  ])
  const windows = status.windows.map(({ name, openPanes, lines, corrections, late, rejected, lost }) => [
    name,
    ...[openPanes, lines, corrections, late, rejected, lost].map(countText),
  ])
  const sinks = status.sinks.map(({ name, type, state, sinceUs, points, queuedBytes, detail }) => [
    name,
    type,
    state,
    agoText(sinceUs),
    rate(`points ${name}`),
    ...[points.spooled, points.delivered, points.refused, points.givenUp].map(countText),
    [queuedBytes > 0 && `${countText(Math.ceil(queuedBytes / 1024))} KiB queued`, detail].filter(Boolean).join('; '),
  ])
  const used = memory.slabBytes - memory.slabFreeBytes
  const facts = [
    `weir ${status.version}`,
    status.ready ? paint.green('ready') : paint.red('not ready'),
    `up ${agoText(status.startedUs)}`,
    `${countText(status.series)} of ${countText(status.maxSeries)} series`,
    `windows take ${mebibytes(used)} of ${mebibytes(memory.slabBytes)} MiB`,
    ...('rssBytes' in memory ? [`process ${mebibytes(Number(memory.rssBytes))} MiB`] : []),
  ]
  return [
    `${paint.bold(visible(status.gateway))}  ${paint.dim(visible(url))}`,
    facts.join(', '),
    ...(status.alarms.length > 0 ? [''] : []),
    ...status.alarms.map((alarm) => paint.red(`! ${visible(alarm)}`)),
    '',
    ...table(['source', '', 'link', 'since', 'frames/s', 'samples/s', 'lag', 'skew', ''], sources, [0, 1, 2, 8], paint),
    '',
    ...table(['window', 'open', 'points', 'corrected', 'late', 'rejected', 'lost at start'], windows, [0], paint),
    '',
    ...table(
      ['sink', '', 'state', 'since', 'points/s', 'spooled', 'delivered', 'refused', 'given up', ''],
      sinks,
      [0, 1, 2, 9],
      paint,
    ),
    '',
    ...ledgerText(status).trimEnd().split('\n').map(visible),
  ]
}

const mebibytes = (bytes: number): string => countText(Math.round((bytes / 2 ** 20) * 10) / 10)

function table(titles: string[], rows: readonly string[][], left: readonly number[], paint: Paint): string[] {
  return alignedLines([titles, ...rows.map((row) => row.map(visible))], {
    left,
    paint: (cell, row, column) => {
      if (row === 0) return paint.dim(cell)
      if (column !== 2 || left[2] !== 2) return cell
      return /^up/.test(cell) ? paint.green(cell) : /^down/.test(cell) ? paint.red(cell) : cell
    },
  })
}
