import { LINE_BYTES, LINE_CORRECTION, LINE_DEVICE, LINE_END, LINE_SERIES, LINE_START } from '../../assembly/layout.js'
import type { Device, PointField, Points } from '../model/points.js'
import { UnitLines } from './unit-lines.js'
import type { Window } from './window.js'

/** Names behind the numbers in lines. */
export interface Names {
  device(id: number): Device
  field(series: number): string
}

/** The part of shared memory that lines are read from. */
export interface LineMemory {
  readonly u32: Uint32Array
  readonly f64: Float64Array
}

/** Points as the window's calls wrote them; one object for all, refilled for each stretch of lines with equal times. */
export class Lines implements Points {
  window = ''
  measurement = ''
  timeUs = 0
  startUs = 0
  endUs = 0
  final = false
  lines = 0
  /** Lines of the stretch read last that correct earlier ones, and values left out of it. */
  corrections = 0
  notFinite = 0
  readonly device: Device[] = []
  readonly correction: number[] = []
  readonly firstField: number[] = []
  readonly field: PointField[] = []
  readonly value: number[] = []
  readonly #unitLines = new UnitLines()

  /**
   * Reads lines from `start` on as long as their window is the same; returns where it stopped, at most at `end`. Values not
   * finite are left out and counted, and so are lines without any.
   */
  read(window: Window, final: boolean, memory: LineMemory, start: number, end: number, names: Names): number {
    const { u32, f64 } = memory
    this.window = window.plan.name
    this.measurement = window.plan.measurement
    this.startUs = f64[(start + LINE_START) >>> 3]
    this.endUs = f64[(start + LINE_END) >>> 3]
    this.timeUs = window.plan.stamp === 'end' ? this.endUs : this.startUs
    this.final = final
    this.corrections = this.notFinite = 0
    let line = 0
    let value = 0
    let at = start
    while (at < end && f64[(at + LINE_START) >>> 3] === this.startUs && f64[(at + LINE_END) >>> 3] === this.endUs) {
      const device = names.device(u32[(at + LINE_DEVICE) >>> 2])
      const series = u32[(at + LINE_SERIES) >>> 2]
      // What is told once, when final, corrects nothing, whoever else has seen it before.
      const correction = final ? 0 : u32[(at + LINE_CORRECTION) >>> 2]
      at += LINE_BYTES
      const first = value
      for (let s = 0; s < series; s++) {
        const id = u32[at >>> 2]
        const name = names.field(id)
        const fields = window.fieldsOfSeries(id, u32[(at >>> 2) + 1], name)
        at += 8
        for (const field of fields) {
          let x = f64[at >>> 3]
          at += 8
          if (field.factorOf) x *= field.factorOf(device.units.get(name) ?? '')
          if (Number.isFinite(x)) {
            this.field[value] = field
            this.value[value++] = x
          } else this.notFinite++
        }
      }
      if (value === first) continue
      const from = line
      this.device[line] = device
      this.firstField[line++] = first
      if (window.plan.unitTag !== undefined) line = this.#unitLines.split(this, from, value, window.plan.unitTag)
      for (let i = from; i < line; i++) this.correction[i] = correction
      this.corrections += correction * (line - from)
    }
    this.firstField[line] = value
    this.lines = line
    return at
  }
}
