import type { Fate } from '../model/taps.js'

// What goes over the wire, a line of JSON each. Times in µs since the epoch.

export interface PointEvent {
  window: string
  measurement: string
  timeUs: number
  tags: Record<string, string>
  fields: Record<string, number>
  /** Units of fields that have one. */
  units?: Record<string, string>
  corrected?: true
}

export interface SampleEvent {
  source: string
  tags: Record<string, string>
  field: string
  unit?: string
  timeUs: number
  value: number
  fate: Fate
}

export interface FrameEvent {
  source: string
  channel: string
  arrivalUs: number
  /** Of the whole payload; more than `text` or `hex` shows where it is long. */
  bytes: number
  text?: string
  hex?: string
  retained?: true
}

/** What there was no time to tell. */
export interface MissedEvent {
  missed: number
}

export type TailEvent = PointEvent | SampleEvent | FrameEvent | MissedEvent
