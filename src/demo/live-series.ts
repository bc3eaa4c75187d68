import type { Points } from '../model/points.js'

/** What is kept of one window of one series. */
interface Kept {
  timeUs: number
  reductions: Map<string, number>
}

/** A series as the table shows it. */
export interface LiveSeries {
  /** Its tags but for gateway and source, as `press-1`. */
  readonly device: string
  readonly field: string
  /** The last windows, oldest first. */
  readonly windows: readonly Kept[]
}

/** The last windows of every series, from the points as they are emitted; corrections replace what they correct. */
export class LiveTable {
  readonly #keep: number
  readonly #reductions: readonly string[]
  readonly #series = new Map<string, { device: string; field: string; windows: Kept[] }>()

  /** Keeps `keep` windows of each series, and knows field names that end in one of `reductions`. */
  constructor(keep: number, reductions: readonly string[]) {
    this.#keep = keep
    this.#reductions = reductions
  }

  /** Takes the points of a pane; nothing of them is held. */
  take(points: Points): void {
    for (let i = 0; i < points.lines; i++) {
      const device = deviceText(points.device[i].tags)
      for (let j = points.firstField[i]; j < points.firstField[i + 1]; j++)
        this.#put(device, points.field[j].name, points.timeUs, points.value[j])
    }
  }

  /** By device and field. */
  get series(): LiveSeries[] {
    return [...this.#series.values()].sort((a, b) => a.device.localeCompare(b.device) || a.field.localeCompare(b.field))
  }

  #put(device: string, name: string, timeUs: number, value: number): void {
    const reduction = this.#reductions.find((suffix) => name.endsWith(`_${suffix}`))
    if (reduction === undefined) return
    const field = name.slice(0, -reduction.length - 1)
    const key = `${device} ${field}`
    let series = this.#series.get(key)
    if (!series) this.#series.set(key, (series = { device, field, windows: [] }))
    const { windows } = series
    let at = windows.length
    while (at > 0 && windows[at - 1].timeUs >= timeUs) at--
    if (windows[at]?.timeUs !== timeUs) windows.splice(at, 0, { timeUs, reductions: new Map() })
    windows[at].reductions.set(reduction, value)
    if (windows.length > this.#keep) windows.shift()
  }
}

/** A device as people know it: the values of its own tags. */
export function deviceText(tags: readonly (readonly [string, string])[]): string {
  const own = tags.filter(([name]) => name !== 'gateway' && name !== 'source')
  return own.map(([, value]) => value).join(' ') || '-'
}
