import type { Device, PointField, Points } from '../model/points.js'
import { History } from './history.js'
import type { RowHead, RowValue, SeriesHistory, Sparks } from './wire.js'

/** Panes kept of a row while there is plenty of room, and bytes for all of them together. */
const PANES = [300, 120, 40]
const BYTES = 24 * 2 ** 20
/** Rows on the page at most; beyond them the one that was silent for longest goes, or where none was silent so long the new one is not shown. */
const ROWS = 20_000
const SILENT_US = 300e6
/** Reductions that stand for a row, the first that there is. */
const SHOWN = ['mean', 'last', 'sum', 'count', 'max']
const SPARK_PANES = 40
/** Rows that went and are told of at least. */
const GONE = 1000

interface Row {
  head: RowHead
  device: Device
  history: History
  reductions: { name: string; unit: string }[]
  /** Column that stands for it. */
  shown: number
  /** When it changed last, and the time of what it got then. */
  version: number
  lastUs: number
}

interface Column {
  row: Row
  column: number
}

/** What the page shows of points, fed as they are emitted. Bounded in bytes and rows; costs nothing per browser. */
export class Rows {
  /** Rises with each change; a browser asks for what came after the one it knows. */
  version = 0
  readonly #rows = new Map<number, Row>()
  /** A field of a point → where its value goes, for each device. Devices and fields are made once and kept. */
  readonly #columns = new Map<Device, Map<PointField, Column>>()
  #nextId = 1
  #bytes = 0
  #gone: { id: number; version: number }[] = []
  /** Rows that were silent for longest when last looked for, the very longest at the end. */
  #silent: { row: Row; version: number }[] = []
  /** There is none that was silent for long before this time. */
  #lookAtUs = Number.NEGATIVE_INFINITY

  constructor(
    private readonly bytes = BYTES,
    private readonly most = ROWS,
    private readonly silentUs = SILENT_US,
  ) {}

  /** Takes the points of a pane; nothing of them is held but devices and fields. */
  take(points: Points): void {
    const version = ++this.version
    for (let line = 0; line < points.lines; line++) {
      const device = points.device[line]
      const end = points.firstField[line + 1]
      let row: Row | undefined
      let at = -1
      const first = points.firstField[line]
      let columns = this.#columns.get(device)
      if (!columns && this.#isFull(points.timeUs)) continue
      for (let i = first; i < end; i++) {
        const column = columns?.get(points.field[i])
        if (!column) {
          if (!this.#open(points, line, i)) continue
          // A row that was made anew takes all of the line.
          columns = this.#columns.get(device)
          i = first - 1
          row = undefined
          continue
        }
        if (column.row !== row) {
          row = column.row
          row.version = version
          row.lastUs = points.timeUs
          at = row.history.place(points.timeUs, version)
          if (at >= 0 && points.correction[line]) row.history.markCorrected(at)
        }
        if (at >= 0) row.history.set(at, column.column, points.value[i])
      }
    }
  }

  /** Rows from this id on are yet to come. */
  get nextId(): number {
    return this.#nextId
  }

  get count(): number {
    return this.#rows.size
  }

  /** Rows that changed after `since`; their heads where they are new to who knows ids below `knownId`. */
  changes(since: number, knownId: number): { heads: RowHead[]; values: RowValue[]; gone: number[] } {
    const heads: RowHead[] = []
    const values: RowValue[] = []
    for (const row of this.#rows.values()) {
      if (row.version <= since) continue
      if (row.head.id >= knownId) heads.push(row.head)
      const { history } = row
      const at = history.at(history.length - 1)
      const value = history.value(at, row.shown)
      values.push([row.head.id, history.timeUs(at) / 1e6, trimmed(value), history.corrected(at)])
    }
    const gone = this.#gone.filter(({ version }) => version > since).map(({ id }) => id)
    return { heads, values, gone }
  }

  /** Panes of a row that changed after `since`; undefined when there is no such row. */
  history(id: number, since: number): SeriesHistory | undefined {
    const row = this.#rows.get(id)
    if (!row) return undefined
    const { history, reductions } = row
    const places = Array.from({ length: history.length }, (_, i) => history.at(i)).filter(
      (at) => history.version(at) > since,
    )
    return {
      id,
      version: this.version,
      reductions,
      timesS: places.map((at) => history.timeUs(at) / 1e6),
      values: reductions.map((_, column) => places.map((at) => finite(history.value(at, column)))),
      corrected: places.map((at) => history.corrected(at)),
    }
  }

  sparks(ids: readonly number[]): Sparks {
    const sparks: Sparks = {}
    for (const id of ids) {
      const row = this.#rows.get(id)
      if (!row) continue
      const { history, shown } = row
      const first = Math.max(0, history.length - SPARK_PANES)
      const places = Array.from({ length: history.length - first }, (_, i) => history.at(first + i))
      sparks[id] = [places.map((at) => history.timeUs(at) / 1e6), places.map((at) => trimmed(history.value(at, shown)))]
    }
    return sparks
  }

  /** A field seen for the first time of a device: its row and all the row's columns. False where there is no room for it. */
  #open(points: Points, line: number, i: number): boolean {
    const device = points.device[line]
    const { of } = points.field[i]
    const columns = this.#columns.get(device) ?? new Map<PointField, Column>()
    const known = [...columns.values()].find(
      ({ row }) => row.head.field === of && row.head.window === points.window && row.reductions.length > 0,
    )?.row
    if (known) {
      // A reduction that gave no value before.
      const column = known.reductions.findIndex(({ name }) => name === points.field[i].reduction)
      if (column >= 0) {
        columns.set(points.field[i], { row: known, column })
        return true
      }
      this.#close(known)
    }
    if (this.#isFull(points.timeUs)) return false
    const fields = [
      ...(known?.reductions.map(({ name, unit }) => ({ name, unit })) ?? []),
      ...points.field
        .slice(points.firstField[line], points.firstField[line + 1])
        .filter((field) => field.of === of)
        .map((field) => ({ name: field.reduction, unit: field.unitOf(device.units.get(of) ?? '') })),
    ]
    const reductions = [...new Map(fields.map((field) => [field.name, field])).values()]
    const row = this.#row(points, device, of, reductions)
    for (const field of points.field.slice(points.firstField[line], points.firstField[line + 1]))
      if (field.of === of)
        columns.set(field, { row, column: reductions.findIndex(({ name }) => name === field.reduction) })
    // Closing rows may have taken the device out.
    this.#columns.set(device, columns)
    return true
  }

  #row(points: Points, device: Device, field: string, reductions: Row['reductions']): Row {
    if (this.#rows.size >= this.most) this.#close(this.#silentFor(points.timeUs)!)
    const left = this.bytes - this.#bytes
    // With little room left, each further row keeps less.
    const fits = PANES.find((panes, i) => History.bytesOf(panes, reductions.length) * 50 * (i + 1) <= left) ?? 2
    const history = new History(fits, reductions.length)
    this.#bytes += History.bytesOf(fits, reductions.length)
    const best = SHOWN.map((name) => reductions.findIndex((one) => one.name === name)).find((index) => index >= 0)
    const shown = best ?? 0
    const head: RowHead = {
      id: this.#nextId++,
      window: points.window,
      tags: device.tags.filter(([name]) => name !== 'gateway').map(([name, value]) => [name, value]),
      field,
      reduction: reductions[shown].name,
      unit: reductions[shown].unit,
      everyS: (points.endUs - points.startUs) / 1e6,
    }
    const row: Row = { head, device, history, reductions, shown, version: this.version, lastUs: points.timeUs }
    this.#rows.set(head.id, row)
    return row
  }

  #isFull(nowUs: number): boolean {
    return this.#rows.size >= this.most && this.#silentFor(nowUs) === undefined
  }

  /** The row that was silent for longest, where that is long enough. Looked for by the many, since sorting costs. */
  #silentFor(nowUs: number): Row | undefined {
    for (;;) {
      const found = this.#silent.at(-1)
      if (found && this.#rows.has(found.row.head.id) && found.row.version === found.version) return found.row
      if (this.#silent.pop()) continue
      if (nowUs < this.#lookAtUs) return undefined
      const rows = [...this.#rows.values()].sort((a, b) => b.version - a.version)
      this.#lookAtUs = rows.at(-1)!.lastUs + this.silentUs
      this.#silent = rows
        .slice(-Math.ceil(rows.length / 16))
        .filter(({ lastUs }) => lastUs <= nowUs - this.silentUs)
        .map((row) => ({ row, version: row.version }))
      if (this.#silent.length === 0) return undefined
    }
  }

  #close(row: Row): void {
    this.#rows.delete(row.head.id)
    this.#bytes -= History.bytesOf(row.history.capacity, row.history.columns)
    if (this.#gone.length >= 2 * GONE) this.#gone.splice(0, GONE)
    this.#gone.push({ id: row.head.id, version: this.version })
    const columns = this.#columns.get(row.device)
    if (!columns) return
    for (const [field, column] of columns) if (column.row === row) columns.delete(field)
    if (columns.size === 0) this.#columns.delete(row.device)
  }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** Six digits: what a table shows and a small line needs. */
const trimmed = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(6)) : null)
