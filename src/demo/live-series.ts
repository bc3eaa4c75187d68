import type { Points } from '../model/points.js'

/** What is kept of one window of one series. */
interface Kept {
  timeUs: number
  reductions: Map<string, number>
  /** Late data has written it again. */
  corrected: boolean
}

/** A series as the table shows it. */
export interface LiveSeries {
  /** Its tags but for gateway and source, as `press-1`. */
  readonly device: string
  readonly field: string
  /** As `°C`; empty where unknown. */
  readonly unit: string
  /** The last windows, oldest first. */
  readonly windows: readonly Kept[]
}

/** How far behind the newest window of all a series may be before it counts as silent, µs. */
const SILENT_US = 3_500_000

/** The last windows of every series, from the points as they are emitted; corrections replace what they correct. */
export class LiveTable {
  readonly #keep: number
  readonly #series = new Map<string, { device: string; field: string; unit: string; windows: Kept[] }>()
  #newestUs = 0

  /** Keeps `keep` windows of each series. */
  constructor(keep: number) {
    this.#keep = keep
  }

  /** Takes the points of a pane; nothing of them is held. */
  take(points: Points): void {
    this.#newestUs = Math.max(this.#newestUs, points.timeUs)
    for (let i = 0; i < points.lines; i++) {
      const { tags, units } = points.device[i]
      const device = deviceText(tags)
      for (let j = points.firstField[i]; j < points.firstField[i + 1]; j++) {
        const { of, reduction } = points.field[j]
        const key = `${device} ${of}`
        let series = this.#series.get(key)
        if (!series) this.#series.set(key, (series = { device, field: of, unit: units.get(of) ?? '', windows: [] }))
        this.#put(series.windows, points.timeUs, reduction, points.value[j], points.correction[i] === 1)
      }
    }
  }

  /** All series in the order they appeared. */
  get all(): Iterable<LiveSeries> {
    return this.#series.values()
  }

  /** All series by device and field. */
  get series(): LiveSeries[] {
    return [...this.all].sort((a, b) => a.device.localeCompare(b.device) || a.field.localeCompare(b.field))
  }

  /** One series, where it is known. */
  find(device: string, field: string): LiveSeries | undefined {
    return this.#series.get(`${device} ${field}`)
  }

  /** For how long a series has said nothing while others spoke, µs; 0 where it speaks. */
  silentUs({ windows }: LiveSeries): number {
    const behindUs = this.#newestUs - (windows.at(-1)?.timeUs ?? 0)
    return behindUs > SILENT_US ? behindUs : 0
  }

  #put(windows: Kept[], timeUs: number, reduction: string, value: number, correction: boolean): void {
    let at = windows.length
    while (at > 0 && windows[at - 1].timeUs >= timeUs) at--
    if (windows[at]?.timeUs !== timeUs) windows.splice(at, 0, { timeUs, reductions: new Map(), corrected: false })
    const { reductions } = windows[at]
    // A correction writes the whole line of the device; only what differs is new.
    if (correction && reductions.get(reduction) !== value) windows[at].corrected = true
    reductions.set(reduction, value)
    if (windows.length > this.#keep) windows.shift()
  }
}

/** A device as people know it: the values of its own tags. */
export function deviceText(tags: readonly (readonly [string, string])[]): string {
  const own = tags.filter(([name]) => name !== 'gateway' && name !== 'source')
  return own.map(([, value]) => value).join(' ') || '-'
}

/** A time as on the clock on the wall, `12:00:07`. */
export function clockText(timeUs: number): string {
  return new Date(timeUs / 1000).toTimeString().slice(0, 8)
}
