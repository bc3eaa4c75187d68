import type { Paint } from '../observe/paint.js'
import { alignedLines, countText } from '../observe/text-table.js'
import { clockText, type LiveSeries } from './live-series.js'
import { sparkline } from './sparkline.js'

/** A series with what the table marks in it. */
export interface Row {
  series: LiveSeries
  /** 0 where it speaks. */
  silentUs: number
  /** Reductions past their mark. */
  past: readonly string[]
}

/** From this width on all columns are shown, and notes beside the trends instead of in their place. */
const WIDE_COLUMNS = 110
const NARROW_LEAVES_OUT = ['n', 'min', 'max']
const TREND_WINDOWS = 16
const TREND_TITLE = 'mean or kurtosis'

/** A row of one series: what is shown under each title. */
interface Cells {
  texts: Record<string, string>
  trend: string
  /** Which bars of the trend late data has written again. */
  corrected: readonly boolean[]
  note: string
}

/** The last window of every series as a table: what is past its mark, silent or corrected is painted and noted. */
export function tableLines(rows: readonly Row[], paint: Paint, columns: number): string[] {
  if (rows.length === 0) return [paint.dim('waiting for the first window to end')]
  const wide = columns >= WIDE_COLUMNS
  const cells = rows.map(({ series, silentUs }, i) => cellsOf(series, silentUs, rows[i - 1]?.series.device))
  const numbers = ['n', 'mean', 'min', 'max', 'rms', 'crest', 'kurtosis'].filter(
    (title) => wide || !NARROW_LEAVES_OUT.includes(title),
  )
  const titles = ['machine', 'field', ...numbers, TREND_TITLE, 'note']
  const body = cells.map(({ texts, trend, note }) => {
    const last = wide ? [trend, note] : [note || trend]
    return [texts.machine, texts.field, ...numbers.map((title) => texts[title] ?? ''), ...last]
  })
  const head = titles.map((title) => (title === 'note' ? '' : title)).slice(0, wide ? undefined : -1)
  const paintCell = (cell: string, y: number, x: number): string => {
    const row = rows[y - 1]
    if (!row) return paint.dim(cell)
    const title = titles[x]
    if (title === 'note' || (title === TREND_TITLE && !wide && cells[y - 1].note))
      return row.silentUs > 0 ? paint.red(cell) : paint.yellow(cell)
    if (row.past.includes(title)) return paint.red(cell)
    if (title === 'machine') return paint.bold(cell)
    return title === TREND_TITLE ? paintBars(cell, cells[y - 1].corrected, paint) : cell
  }
  return alignedLines([head, ...body], { left: [0, 1, numbers.length + 2, numbers.length + 3], paint: paintCell })
}

function cellsOf(series: LiveSeries, silentUs: number, deviceAbove: string | undefined): Cells {
  const { device, field, unit, windows } = series
  const { reductions } = windows[windows.length - 1]
  const level = ['mean', 'min', 'max'].map((name) => reductions.get(name))
  const decimals = decimalsOf(level)
  const texts: Record<string, string> = {
    machine: device === deviceAbove ? '' : device,
    field: unit ? `${field} ${unit}` : field,
    n: countText(reductions.get('count') ?? 0),
  }
  for (const [name, value] of reductions)
    if (name !== 'count') texts[name] = value.toFixed(level.includes(value) ? decimals : decimalsOf([value]))
  // What strikes shows in the kurtosis long before it moves a mean.
  const telling = reductions.has('kurtosis') ? 'kurtosis' : 'mean'
  const shown = windows.slice(-TREND_WINDOWS).filter(({ reductions }) => reductions.has(telling))
  const trend = shown.map(({ reductions }) => reductions.get(telling) ?? 0)
  const corrected = windows.filter((window) => window.corrected).at(-1)
  const note =
    silentUs > 0
      ? `silent ${Math.round(silentUs / 1e6)} s`
      : corrected
        ? `corrected ${clockText(corrected.timeUs)}`
        : ''
  return { texts, trend: sparkline(trend), corrected: shown.map((window) => window.corrected), note }
}

/** Bars in green, those corrected in yellow; as few changes of colour as can be. */
function paintBars(bars: string, corrected: readonly boolean[], paint: Paint): string {
  let painted = ''
  for (let from = 0, to = 0; from < bars.length; from = to) {
    const late = corrected[from] ?? false
    while (to < bars.length && (corrected[to] ?? false) === late) to++
    painted += (late ? paint.yellow : paint.green)(bars.slice(from, to))
  }
  return painted
}

/** Decimals that give the largest of the values four or five digits. */
function decimalsOf(values: readonly (number | undefined)[]): number {
  const largest = Math.max(...values.map((value) => Math.abs(value ?? 0)))
  return largest >= 10_000 ? 0 : largest >= 1000 ? 1 : largest >= 1 ? 2 : 4
}
