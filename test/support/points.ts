import type { Device, PointField, Points } from '../../src/model/points.js'

let devices = 0

/** A device of tags, sorted by name as the engine makes them. */
export function device(tags: Record<string, string>): Device {
  const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))
  return { id: devices++, source: tags.source ?? 'plant', tags: sorted, units: new Map(), cache: new Map() }
}

export const pointField = (name: string, integer = false): PointField => ({
  name,
  of: name.slice(0, name.lastIndexOf('_')),
  reduction: name.slice(name.lastIndexOf('_') + 1),
  unitOf: (unit) => unit,
  integer,
  cache: new Map(),
})

/** Points of one pane from rows of a device and its fields; counts are integers by their name's end. */
export function points(
  rows: { tags: Record<string, string>; fields: Record<string, number>; correction?: boolean }[],
  about: { window?: string; measurement?: string; timeUs?: number; final?: boolean } = {},
): Points {
  const { window = 'second', measurement = window, timeUs = 1_704_067_200_000_000, final = true } = about
  const field: PointField[] = []
  const value: number[] = []
  const firstField = [0]
  for (const row of rows) {
    for (const [name, number] of Object.entries(row.fields)) {
      field.push(pointField(name, name.endsWith('_count')))
      value.push(number)
    }
    firstField.push(field.length)
  }
  return {
    window,
    measurement,
    timeUs,
    startUs: timeUs,
    endUs: timeUs + 1_000_000,
    final,
    lines: rows.length,
    device: rows.map((row) => device(row.tags)),
    correction: rows.map((row) => (row.correction ? 1 : 0)),
    firstField,
    field,
    value,
  }
}
