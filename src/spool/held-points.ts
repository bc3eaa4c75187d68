import type { Device, PointField, Points } from '../model/points.js'

/** Points whose times are by a clock that is not known to be right, in a form that any format can still be made of. */
export interface HeldPoints {
  /** Wall time less monotonic time, µs, when they were made, and the boot that this is of. */
  offsetUs: number
  boot: string
  /** Times by that clock. */
  timeUs: number
  startUs: number
  endUs: number
  window: string
  measurement: string
  final: boolean
  lines: number
  fields: Pick<PointField, 'name' | 'of' | 'reduction' | 'integer'>[]
  devices: Pick<Device, 'id' | 'source' | 'tags'>[]
  correction: number[]
  firstField: number[]
  /** Places in `fields`. */
  field: number[]
  value: number[]
}

/** What is kept of points. */
export function held(points: Points, { offsetUs, boot }: { offsetUs: number; boot: string }): HeldPoints {
  const { timeUs, startUs, endUs, window, measurement, final, lines } = points
  const [from, to] = [points.firstField[0], points.firstField[lines]]
  const known = new Map<PointField, number>()
  const field = points.field.slice(from, to).map((one) => {
    const at = known.get(one) ?? known.size
    known.set(one, at)
    return at
  })
  return {
    ...{ offsetUs, boot, timeUs, startUs, endUs, window, measurement, final, lines },
    fields: [...known.keys()].map(({ name, of, reduction, integer }) => ({ name, of, reduction, integer })),
    devices: points.device.slice(0, lines).map(({ id, source, tags }) => ({ id, source, tags })),
    correction: points.correction.slice(0, lines),
    firstField: points.firstField.slice(0, lines + 1).map((at) => at - from),
    field,
    value: points.value.slice(from, to),
  }
}

/** The points, with all times moved by `byUs`. */
export function moved(kept: HeldPoints, byUs: number): Points {
  const fields = kept.fields.map((field): PointField => ({ ...field, unitOf: () => '', cache: new Map() }))
  return {
    ...kept,
    timeUs: kept.timeUs + byUs,
    startUs: kept.startUs + byUs,
    endUs: kept.endUs + byUs,
    device: kept.devices.map((device): Device => ({ ...device, units: new Map(), cache: new Map() })),
    field: kept.field.map((at) => fields[at]),
  }
}

/** The lines that `takes` says of. */
export function linesOf(points: Points, takes: (device: Device) => boolean): Points {
  const lines = points.device.slice(0, points.lines).flatMap((device, i) => (takes(device) ? [i] : []))
  const picked = { device: [], correction: [], firstField: [], field: [], value: [] } as {
    device: Device[]
    correction: number[]
    firstField: number[]
    field: PointField[]
    value: number[]
  }
  for (const i of lines) {
    const [from, to] = [points.firstField[i], points.firstField[i + 1]]
    picked.device.push(points.device[i])
    picked.correction.push(points.correction[i])
    picked.firstField.push(picked.field.length)
    picked.field.push(...points.field.slice(from, to))
    picked.value.push(...points.value.slice(from, to))
  }
  picked.firstField.push(picked.field.length)
  const { window, measurement, timeUs, startUs, endUs, final } = points
  return { window, measurement, timeUs, startUs, endUs, final, lines: lines.length, ...picked }
}
