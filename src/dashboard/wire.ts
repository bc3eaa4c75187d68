// What the page and the server say to each other. Types only: both sides import them.
import type { Status } from '../model/status.js'

/** One row of the page: a field of a device in a window. Sent when the row is new to the browser. */
export interface RowHead {
  id: number
  window: string
  /** Tags but for the gateway, in the order of their names. */
  tags: [name: string, value: string][]
  field: string
  /** Which reduction is shown, as `mean`, and its unit. */
  reduction: string
  unit: string
  everyS: number
}

/** Newest pane of a row: id, start in s since the epoch, value (null: none), 1 = it was corrected. */
export type RowValue = [id: number, timeS: number, value: number | null, corrected: 0 | 1]

/** One event of `/live`: with `whole` everything there is, else what changed since the event before. */
export interface LiveUpdate {
  whole: boolean
  nowUs: number
  status: Status
  heads: RowHead[]
  values: RowValue[]
  /** Rows that are gone. */
  gone: number[]
}

/** Answer of `/series?id=N&since=V`: panes that changed after `since`, oldest first. */
export interface SeriesHistory {
  id: number
  /** To ask for what changes after this. */
  version: number
  reductions: { name: string; unit: string }[]
  timesS: number[]
  /** For each reduction its values, null where a pane has none. */
  values: (number | null)[][]
  corrected: (0 | 1)[]
}

/** Answer of `/sparks?ids=1,2,3`: the newest values of rows, oldest first. */
export type Sparks = Record<string, [timesS: number[], values: (number | null)[]]>
