import type { Points } from '../model/points.js'
import { clockText, deviceText, type LiveTable } from './live-series.js'
import { MARKS, Watch } from './marks.js'

/** Says in words what the points tell: marks that are passed, series that fall silent, windows that are corrected. */
export class Narrator {
  readonly #table: LiveTable
  readonly #say: (text: string) => void
  readonly #watches = new Map<string, Watch>()
  /** When a device first passed a mark, and which one. */
  readonly #first = new Map<string, { reduction: string; timeUs: number }>()
  readonly #silent = new Set<string>()

  /** Reads and feeds `table`; `say` gets what is to be told, as `lathe-1: …`. */
  constructor(table: LiveTable, say: (text: string) => void) {
    this.#table = table
    this.#say = say
  }

  /** Takes the points of a pane and hands them to the table. */
  take(points: Points): void {
    this.#tellReturns(points)
    for (let i = 0; i < points.lines; i++) if (points.correction[i]) this.#tellCorrection(points, i)
    this.#table.take(points)
    for (let i = 0; i < points.lines; i++) if (!points.correction[i]) this.#tellMarks(points, i)
    this.#tellSilence(points.timeUs)
  }

  /** True while a reduction of a series is past its mark. */
  isPast(device: string, field: string, reduction: string): boolean {
    return this.#watches.get(`${device} ${field} ${reduction}`)?.past ?? false
  }

  #tellMarks(points: Points, line: number): void {
    const device = deviceText(points.device[line].tags)
    for (let j = points.firstField[line]; j < points.firstField[line + 1]; j++) {
      const { of, reduction } = points.field[j]
      const mark = MARKS.find((each) => each.field === of && each.reduction === reduction)
      if (!mark) continue
      const key = `${device} ${of} ${reduction}`
      let watch = this.#watches.get(key)
      if (!watch) this.#watches.set(key, (watch = new Watch(mark)))
      if (watch.take(points.value[j])) this.#tellMark(device, watch, points.value[j], points.timeUs)
    }
  }

  #tellMark(device: string, { mark, past, limit }: Watch, value: number, timeUs: number): void {
    const { field, reduction } = mark
    const what = reduction === 'mean' ? field : reduction
    // Crest and kurtosis are ratios.
    const unit = ['crest', 'kurtosis'].includes(reduction) ? '' : this.#table.find(device, field)?.unit
    const beside = past ? this.#besideMark(device, field, reduction, timeUs) : ''
    const limitText = withUnit(limit ?? mark.above, unit)
    this.#say(`${device}: ${what} ${withUnit(value, unit)}, ${past ? 'past' : 'back below'} ${limitText}${beside}`)
  }

  /** What makes a passed mark worth telling: how cool the machine still is, or how much earlier another mark spoke. */
  #besideMark(device: string, field: string, reduction: string, timeUs: number): string {
    const first = this.#first.get(device)
    if (!first) this.#first.set(device, { reduction, timeUs })
    if (field === 'temperature')
      return first ? `; ${first.reduction} told ${Math.round((timeUs - first.timeUs) / 1e6)} s ago` : ''
    const temperature = this.#table.find(device, 'temperature')
    const celsius = temperature?.windows.at(-1)?.reductions.get('mean')
    return celsius === undefined ? '' : `; temperature still ${withUnit(celsius, temperature?.unit)}`
  }

  /** How the means of a device changed by late data. */
  #tellCorrection(points: Points, line: number): void {
    const device = deviceText(points.device[line].tags)
    const changes: string[] = []
    for (let j = points.firstField[line]; j < points.firstField[line + 1]; j++) {
      const { of, reduction } = points.field[j]
      if (reduction !== 'mean') continue
      const series = this.#table.find(device, of)
      const before = series?.windows.find(({ timeUs }) => timeUs === points.timeUs)?.reductions.get(reduction)
      const after = points.value[j]
      if (before !== after)
        changes.push(`${of} ${before === undefined ? '-' : numberText(before)} → ${withUnit(after, series?.unit)}`)
    }
    if (changes.length > 0)
      this.#say(`${device}: late data corrects ${clockText(points.timeUs)}: ${changes.join(', ')}`)
  }

  #tellReturns(points: Points): void {
    for (let i = 0; i < points.lines; i++) {
      const device = deviceText(points.device[i].tags)
      for (let j = points.firstField[i]; j < points.firstField[i + 1]; j++) {
        const key = `${device} ${points.field[j].of}`
        if (points.correction[i] || !this.#silent.delete(key)) continue
        const lastUs = this.#table.find(device, points.field[j].of)?.windows.at(-1)?.timeUs ?? points.timeUs
        const seconds = Math.round((points.timeUs - lastUs) / 1e6)
        this.#say(`${device}: ${points.field[j].of} speaks again after ${seconds} s`)
      }
    }
  }

  #tellSilence(timeUs: number): void {
    for (const series of this.#table.all) {
      const key = `${series.device} ${series.field}`
      if (this.#silent.has(key) || this.#table.silentUs(series) === 0) continue
      this.#silent.add(key)
      const sinceUs = (series.windows.at(-1)?.timeUs ?? timeUs) + 1e6
      this.#say(`${series.device}: ${series.field} is silent since ${clockText(sinceUs)}`)
    }
  }
}

/** A number for people, as `2,310`, `46.2` or `0.134`. */
function numberText(value: number): string {
  const digits = Math.abs(value) >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 }
  return value.toLocaleString('en-US', digits)
}

function withUnit(value: number, unit = ''): string {
  return unit ? `${numberText(value)} ${unit}` : numberText(value)
}
