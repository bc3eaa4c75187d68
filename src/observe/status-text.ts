import type { Status } from '../model/status.js'
import { balanceLines } from './ledger-text.js'
import type { Paint } from './paint.js'
import { alignedLines, countText } from './text-table.js'

/**
 * A status as lines for people: what is wrong first, then sources, windows, sinks. Rates are between `before` and now, or
 * the mean since the start.
 */
export function statusLines(
  status: Status,
  before: { status: Status; atUs: number } | undefined,
  nowUs: number,
  paint: Paint,
): string[] {
  const from = before?.status.startedUs === status.startedUs ? before : undefined
  const seconds = Math.max(0.001, (nowUs - (from?.atUs ?? status.startedUs)) / 1e6)
  const rate = (now: number, then = 0) => `${countText(Number(((now - then) / seconds).toPrecision(3)))}/s`
  const old = <T extends { name: string }>(list: readonly T[] | undefined, name: string) =>
    list?.find((one) => one.name === name)
  const { memory } = status
  const title = [
    `${paint.bold(`weir ${status.version}`)}  ${status.gateway}`,
    status.ready ? paint.green('ready') : paint.red('not ready'),
    `up ${spanText((nowUs - status.startedUs) / 1e6)}`,
    `${countText(status.series)} of ${countText(status.maxSeries)} series`,
    `window memory ${Math.round((1 - memory.slabFreeBytes / memory.slabBytes) * 100)} %`,
    `rates ${from ? 'now' : 'since the start'}`,
  ]
  return [
    title.join('   '),
    ...status.alarms.map((alarm) => paint.red(`! ${alarm}`)),
    '',
    ...table(
      paint,
      ['source', 'link', 'for', 'frames', 'samples', 'lag', 'skew', 'not decoded', 'not reduced'],
      [1, 2],
      status.sources.map((source) => {
        const then = old(from?.status.sources, source.name)
        return [
          `${source.name} (${source.type})`,
          source.link.state,
          spanText((nowUs - source.link.sinceUs) / 1e6),
          rate(source.frames.in, then?.frames.in),
          rate(source.samples.decoded, then?.samples.decoded),
          source.watermarkUs === null ? '-' : spanText((nowUs - source.watermarkUs) / 1e6),
          source.skewMs === null ? '-' : `${countText(source.skewMs)} ms`,
          fatesText(source.frames, ['in', 'decoded']),
          fatesText(source.samples, ['decoded', 'reduced']),
        ]
      }),
    ),
    '',
    ...table(
      paint,
      ['window', 'points', 'corrected', 'open', 'late', 'rejected', 'lost'],
      [],
      status.windows.map(({ name, lines, corrections, openPanes, late, rejected, lost }) => [
        name,
        ...[lines, corrections, openPanes, late, rejected, lost].map(countText),
      ]),
    ),
    '',
    ...table(
      paint,
      ['sink', 'state', 'for', 'points', 'delivered', 'spooled', 'refused', 'given up'],
      [1, 2],
      status.sinks.map((sink) => [
        `${sink.name} (${sink.type})`,
        sink.state,
        spanText((nowUs - sink.sinceUs) / 1e6),
        rate(sink.points.emitted, old(from?.status.sinks, sink.name)?.points.emitted),
        ...[sink.points.delivered, sink.points.spooled, sink.points.refused, sink.points.givenUp].map(countText),
      ]),
    ),
    '',
    ...balanceLines(status).map((line) => `ledger ${line === 'balances' ? paint.green(line) : paint.red(line)}`),
  ]
}

function table(paint: Paint, titles: string[], left: number[], rows: string[][]): string[] {
  if (rows.length === 0) return [paint.dim(`no ${titles[0]}s`)]
  return alignedLines([titles, ...rows], {
    left: [0, ...left],
    paint: (cell, row) => (row === 0 ? paint.dim(cell) : cell),
  })
}

/** Fates that are not as they should be, as `3 late, 1 invalid`. */
function fatesText(ledger: object, usual: string[]): string {
  const told = Object.entries(ledger).filter(([fate, count]) => !usual.includes(fate) && count !== 0)
  return told.map(([fate, count]) => `${countText(count)} ${fate}`).join(', ') || '0'
}

/** A time span, as `4 min`. */
function spanText(seconds: number): string {
  if (seconds < 10) return `${Math.max(0, Math.round(seconds * 10) / 10)} s`
  if (seconds < 100) return `${Math.round(seconds)} s`
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}
