import { LINE_BYTES, LINE_CORRECTION, LINE_DEVICE, LINE_SERIES } from '../../assembly/layout.js'
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

/** Points as `collect` and `sweep` wrote them; one object for all panes, refilled for each. */
export class Lines implements Points {
  window = ''
  measurement = ''
  timeUs = 0
  startUs = 0
  endUs = 0
  final = false
  lines = 0
  /** Lines of the last pane read that correct earlier ones, and values left out of it. */
  corrections = 0
  notFinite = 0
  readonly device: Device[] = []
  readonly correction: number[] = []
  readonly firstField: number[] = []
  readonly field: PointField[] = []
  readonly value: number[] = []
  readonly #unitLines = new UnitLines()

  /** Reads the lines in [start, end) of a pane. Values not finite are left out and counted, and so are lines without any. */
  read(
    window: Window,
    startUs: number,
    final: boolean,
    memory: LineMemory,
    start: number,
    end: number,
    names: Names,
  ): this {
    this.window = window.plan.name
    this.measurement = window.plan.measurement
    this.timeUs = this.startUs = startUs
    this.endUs = startUs + window.plan.everyUs
    this.final = final
    const { u32, f64 } = memory
    this.corrections = this.notFinite = 0
    let line = 0
    let value = 0
    for (let at = start; at < end; ) {
      const device = u32[(at + LINE_DEVICE) >>> 2]
      const series = u32[(at + LINE_SERIES) >>> 2]
      // What is told once, when final, corrects nothing, whoever else has seen it before.
      const correction = final ? 0 : u32[(at + LINE_CORRECTION) >>> 2]
      at += LINE_BYTES
      const first = value
      for (let s = 0; s < series; s++) {
        const fields = window.fields(u32[(at >>> 2) + 1], names.field(u32[at >>> 2]))
        at += 8
        for (const field of fields) {
          const x = f64[at >>> 3]
          at += 8
          if (Number.isFinite(x)) {
            this.field[value] = field
            this.value[value++] = x
          } else this.notFinite++
        }
      }
      if (value === first) continue
      const from = line
      this.device[line] = names.device(device)
      this.firstField[line++] = first
      if (window.plan.unitTag !== undefined) line = this.#unitLines.split(this, from, value, window.plan.unitTag)
      for (let i = from; i < line; i++) this.correction[i] = correction
      this.corrections += correction * (line - from)
    }
    this.firstField[line] = value
    this.lines = line
    return this
  }
}
