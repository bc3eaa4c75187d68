import { PANE_START, PANES_ALL, PANES_DUE, PANES_SWEEP } from '../../assembly/layout.js'
import type { KernelsModule } from '../memory/modules.js'
import { bug } from '../model/errors.js'
import type { Points } from '../model/points.js'
import { Lines, type Names } from '../window/lines.js'
import type { Window } from '../window/window.js'
import type { EngineMemory } from './engine-memory.js'

/** Who wants a window's points. Each call's points are valid only during the call. */
export interface Target {
  /** Once, when final; else as soon as due and again at each correction. */
  readonly finalOnly: boolean
  /** True while nobody takes what is offered. */
  readonly idle?: boolean
  offer(points: Points): void
}

/** Windows due → points. The only one that closes panes. */
export class Closer {
  readonly #lines = new Lines()
  readonly #due: Target[][]
  readonly #final: Target[][]

  constructor(
    private readonly memory: EngineMemory,
    private readonly kernels: KernelsModule,
    private readonly windows: readonly Window[],
    private readonly names: Names,
    /** Bytes of lines taken at a time, where one line is not longer. */
    private readonly outputBytes: number,
    targets: (window: Window) => Target[],
  ) {
    this.#due = windows.map((window) => targets(window).filter((target) => !target.finalOnly))
    this.#final = windows.map((window) => targets(window).filter((target) => target.finalOnly))
  }

  /** True while some window has changes that wait for the watermark. */
  get waiting(): boolean {
    const end = Number.POSITIVE_INFINITY
    return this.windows.some((window, w) => this.#dueOf(w).length > 0 && this.#panes(window, PANES_DUE, end).length > 0)
  }

  /**
   * Emits what the sources' own watermarks allow; `watermarkUs` is the highest of those that go on. With `ended` a
   * source's watermark has just become infinite, and whatever it left open is final.
   */
  close(watermarkUs: number, ended: boolean): void {
    const dueUs = ended ? Number.POSITIVE_INFINITY : watermarkUs
    this.windows.forEach((window, w) => {
      const due = this.#dueOf(w)
      const final = this.#final[w]
      if (due.length > 0) {
        for (const pane of this.#panes(window, PANES_DUE, dueUs)) {
          this.#take(window, pane, due, false, (out, end) => this.kernels.collect(window.address, pane, out, end))
        }
      }
      for (const pane of this.#panes(window, ended ? PANES_ALL : PANES_SWEEP, watermarkUs)) {
        this.#take(window, pane, final, true, (out, end) =>
          this.kernels.sweep(window.address, pane, watermarkUs, final.length > 0 ? 1 : 0, out, end),
        )
      }
    })
  }

  /** Ends a device in every open pane: what has not been said of it yet is said. */
  closeDevice(device: number): void {
    this.windows.forEach((window, w) => {
      const final = this.#final[w]
      for (const pane of this.#panes(window, PANES_ALL, 0)) {
        this.#take(window, pane, final, true, (out, end) =>
          this.kernels.closeDevice(window.address, pane, device, final.length > 0 ? 1 : 0, out, end),
        )
      }
    })
  }

  #dueOf(window: number): Target[] {
    return this.#due[window].filter(({ idle }) => !idle)
  }

  /** Addresses of a window's panes, oldest first. */
  #panes(window: Window, which: number, watermarkUs: number): number[] {
    const { u32, f64, regions } = this.memory
    const { start, end } = regions.output
    const n = this.kernels.listPanes(window.address, which, watermarkUs, start, (end - start) / 4)
    const startUs = (pane: number) => f64[(pane + PANE_START) >>> 3]
    return Array.from(u32.subarray(start >>> 2, (start >>> 2) + n)).sort((a, b) => startUs(a) - startUs(b))
  }

  /** Calls `write` until the pane's lines are all out, and hands them to the targets. */
  #take(
    window: Window,
    pane: number,
    targets: readonly Target[],
    final: boolean,
    write: (out: number, end: number) => number,
  ): void {
    const { start, end } = this.memory.regions.output
    const startUs = this.memory.f64[(pane + PANE_START) >>> 3]
    for (let more = 1; more !== 0; ) {
      more = write(start, start + this.outputBytes)
      if (more !== 0 && this.kernels.linesEnd.value === start) more = write(start, end)
      const linesEnd = this.kernels.linesEnd.value
      if (linesEnd === start) {
        if (more !== 0) bug(`a line of window ${window.plan.name} is longer than ${end - start} bytes`)
        continue
      }
      const points = this.#lines.read(window, startUs, final, this.memory, start, linesEnd, this.names)
      // Where both kinds of target are served, each line is counted when it first goes out.
      if (!final || this.#dueOf(this.windows.indexOf(window)).length === 0) window.count(points)
      if (points.lines > 0) for (const target of targets) target.offer(points)
    }
  }
}
