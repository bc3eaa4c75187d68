// What /tail sends: a line of JSON each. Times are ISO 8601, UTC, in µs.
import type { FrameReason } from '../model/source.js'
import type { Fate } from '../model/taps.js'
import type { Kind } from './filter.js'

/** The first line. */
export interface HeadLine {
  /** Its version. */
  weir: string
  gateway: string
  tail: Kind
}

/** A frame; of one of lines, a line. */
export interface FrameLine {
  /** Of its arrival. */
  time: string
  source: string
  /** Topic, port or path. */
  channel: string
  /** Length of the whole. */
  bytes: number
  /** Its bytes where they are UTF-8 without control characters other than white space, else in hexadecimal. */
  text?: string
  hex?: string
  /** Only its start is shown. */
  cut?: true
  retained?: true
  /** Sent again by the broker. */
  dup?: true
}

/** Frames that went no further, or bytes lost before framing. */
export interface CountedLine {
  source: string
  counted: FrameReason | 'lost'
  frames?: number
  bytes?: number
}

export interface SampleLine {
  time: string
  tags: Record<string, string>
  field: string
  /** Null where it is no finite number. */
  value: number | null
  unit?: string
  fate: Fate
}

export interface PointLine {
  time: string
  measurement: string
  tags: Record<string, string>
  fields: Record<string, number>
  /** By field, where known. */
  units?: Record<string, string>
  window: string
  /** It replaces one of the same time, measurement and tags. */
  correction?: true
}

/** So many would have followed; the reader was too slow for them. */
export interface UnseenLine {
  unseen: number
}

export type TailLine = HeadLine | FrameLine | CountedLine | SampleLine | PointLine | UnseenLine
