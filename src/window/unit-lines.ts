import type { Device, PointField } from '../model/points.js'

/** The columns of points that are being filled. */
interface Filling {
  readonly device: Device[]
  readonly firstField: number[]
  readonly field: PointField[]
  readonly value: number[]
}

/**
 * A device's line as a line for each unit among its values, with the unit as a tag. So the tag set of a field is the same in
 * every line that ever holds it, and corrections find what they correct.
 */
export class UnitLines {
  /** Made once and kept as long as the device, since formats cache on them. */
  readonly #devices = new WeakMap<Device, Map<string, Device>>()

  /** Splits the last line, whose values end before `end`; returns how many lines there are then. */
  split({ device, firstField, field, value }: Filling, line: number, end: number, tag: string): number {
    const whole = device[line]
    if (whole.tags.some(([name]) => name === tag)) return line + 1
    const first = firstField[line]
    const byUnit = new Map<string, [PointField, number][]>()
    for (let i = first; i < end; i++) {
      const unit = field[i].unitOf(whole.units.get(field[i].of) ?? '')
      const values = byUnit.get(unit)
      if (values) values.push([field[i], value[i]])
      else byUnit.set(unit, [[field[i], value[i]]])
    }
    let at = first
    for (const [unit, values] of byUnit) {
      device[line] = unit === '' ? whole : this.#device(whole, tag, unit)
      firstField[line++] = at
      for (const [name, x] of values) {
        field[at] = name
        value[at++] = x
      }
    }
    return line
  }

  #device(device: Device, tag: string, unit: string): Device {
    const known = this.#devices.get(device) ?? new Map<string, Device>()
    this.#devices.set(device, known)
    const key = `${tag}\0${unit}`
    let made = known.get(key)
    if (!made) {
      const { id, source, units } = device
      const tags = [...device.tags, [tag, unit] as const].sort(([a], [b]) => (a < b ? -1 : 1))
      made = { id, source, tags, units, cache: new Map() }
      known.set(key, made)
    }
    return made
  }
}
