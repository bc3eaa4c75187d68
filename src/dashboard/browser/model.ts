// What the page knows, as the events of /live tell it.
import type { Status } from '../../model/status.js'
import type { LiveUpdate, RowHead, RowValue, Sparks } from '../wire.js'

const SPARK_POINTS = 40

/** One row: a field of a device in a window. */
export interface Row {
  head: RowHead
  /** What the search looks in. */
  text: string
  timeS: number
  value: number | null
  corrected: boolean
  /** Values for the small line, once they were asked for. */
  spark: { timesS: number[]; values: (number | null)[] } | undefined
}

export class Model {
  status: Status | undefined
  /** The status before, and when each was told, for rates. */
  before: Status | undefined
  nowUs = 0
  beforeUs = 0
  readonly rows = new Map<number, Row>()
  /** Rows changed by the last update. */
  changed = new Set<number>()
  /** Rows came or went. */
  rearranged = false

  apply(update: LiveUpdate): void {
    if (update.whole) {
      this.rows.clear()
      this.before = undefined
    } else {
      this.before = this.status
      this.beforeUs = this.nowUs
    }
    this.rearranged = update.whole || update.heads.length > 0 || update.gone.length > 0
    this.status = update.status
    this.nowUs = update.nowUs
    for (const id of update.gone) this.rows.delete(id)
    for (const head of update.heads) if (!this.rows.has(head.id)) this.rows.set(head.id, newRow(head))
    this.changed = new Set(update.values.map(([id]) => id))
    for (const value of update.values) this.#value(value)
  }

  take(sparks: Sparks): void {
    for (const [id, [timesS, values]] of Object.entries(sparks)) {
      const row = this.rows.get(Number(id))
      if (!row) continue
      row.spark = { timesS, values }
      // An update may have come while the answer was on its way.
      if (row.timeS > (timesS.at(-1) ?? 0)) append(row.spark, row.timeS, row.value)
    }
  }

  /** A counter's rise a second, between the last two updates. */
  rate(now: number, before: number | undefined): number | undefined {
    const seconds = (this.nowUs - this.beforeUs) / 1e6
    return before === undefined || !this.before || seconds <= 0 ? undefined : (now - before) / seconds
  }

  #value([id, timeS, value, corrected]: RowValue): void {
    const row = this.rows.get(id)
    if (!row) return
    Object.assign(row, { timeS, value, corrected: corrected === 1 })
    if (row.spark) append(row.spark, timeS, value)
  }
}

function append({ timesS, values }: NonNullable<Row['spark']>, timeS: number, value: number | null): void {
  if (timesS.at(-1) === timeS) {
    values[values.length - 1] = value
    return
  }
  timesS.push(timeS)
  values.push(value)
  if (timesS.length > SPARK_POINTS) {
    timesS.shift()
    values.shift()
  }
}

function newRow(head: RowHead): Row {
  const text = [...head.tags.flat(), head.field, head.window, head.reduction].join(' ').toLowerCase()
  return { head, text, timeS: 0, value: null, corrected: false, spark: undefined }
}

/** A device's name as people know it: the values of its own tags; its source where it has none. */
export function deviceName(head: RowHead): string {
  const own = head.tags.filter(([name]) => name !== 'source').map(([, value]) => value)
  return own.join(' · ') || head.tags.map(([, value]) => value).join(' · ')
}
