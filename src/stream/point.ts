import type { Points } from '../model/points.js'

/** A point as a program gets it: one window of one device. */
export interface Point {
  measurement: string
  /** µs since the Unix epoch. */
  timeUs: number
  tags: Record<string, string>
  fields: Record<string, number>
  /** False while late samples may still correct it; then it comes again with the same measurement, tags and time. */
  final: boolean
}

/** The points of a pane as objects that stay valid. */
export function pointsOf(points: Points): Point[] {
  return Array.from({ length: points.lines }, (_, line) => {
    const fields: Record<string, number> = {}
    for (let i = points.firstField[line]; i < points.firstField[line + 1]; i++)
      fields[points.field[i].name] = points.value[i]
    return {
      measurement: points.measurement,
      timeUs: points.timeUs,
      tags: Object.fromEntries(points.device[line].tags),
      fields,
      final: points.final,
    }
  })
}
