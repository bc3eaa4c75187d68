import { NONE, PANE_START, PANES_ALL, PANES_DUE, PANES_SWEEP } from '../../assembly/layout.js'
import type { KernelsModule } from '../memory/modules.js'
import { bug } from '../model/errors.js'
import type { WindowPlan } from '../model/plan.js'
import type { Points } from '../model/points.js'
import type { ChunkPool } from '../pool/pool.js'
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
  /** Windows that began before it may have been written whole by a run that knew more of them: they end without a word. */
  notBeforeUs = Number.NEGATIVE_INFINITY
  /** Windows that will have more to say of what they know. */
  readonly #open = new Set<Window>()

  constructor(
    private readonly memory: EngineMemory,
    private readonly kernels: KernelsModule,
    private readonly windows: readonly Window[],
    private readonly names: Names,
    /** Bytes of lines taken at a time, where one line is not longer. */
    private readonly outputBytes: number,
    targets: (window: Window) => Target[],
    /** The AHEAD record, 0 = none, and the windows whose due panes the pool may work ahead. */
    private readonly ahead: { at: number; windows: readonly WindowPlan[]; pool: ChunkPool },
  ) {
    this.#due = windows.map((window) => targets(window).filter((target) => !target.finalOnly))
    this.#final = windows.map((window) => targets(window).filter((target) => target.finalOnly))
  }

  /** True while some window has something to say as time goes on. */
  get waiting(): boolean {
    const end = Number.POSITIVE_INFINITY
    return this.windows.some((window, w) => {
      const { kind } = window.plan
      if (this.#dueOf(w).length === 0) return kind === 'session' && window.openPanes > 0
      if (this.#open.has(window)) return true
      return kind === 'tumbling' ? this.#panes(window, PANES_DUE, end).length > 0 : window.openPanes > 0
    })
  }

  /**
   * Has the pool compute what `close` is about to emit of dear windows; a promise only when workers take part.
   * `close` is to follow it at once.
   */
  workAhead(watermarkUs: number, ended: boolean): Promise<void> | undefined {
    const { at, windows, pool } = this.ahead
    if (at === 0) return undefined
    for (const [w, window] of this.windows.entries()) {
      if (!windows.includes(window.plan)) continue
      const list = (which: number, sweep: number, untilUs: number) => {
        for (const pane of this.#panes(window, which, untilUs)) this.kernels.listAhead(at, window.address, pane, sweep)
      }
      if (this.#dueOf(w).length > 0) list(PANES_DUE, 0, ended ? Number.POSITIVE_INFINITY : watermarkUs)
      if (this.#final[w].length > 0) list(ended ? PANES_ALL : PANES_SWEEP, 1, watermarkUs)
    }
    return pool.runAhead(at)
  }

  /**
   * Emits what the sources' own watermarks allow; `watermarkUs` is the highest of those that go on. With `ended` a
   * source's watermark has just become infinite, and whatever it left open is final.
   */
  close(watermarkUs: number, nowUs: number, ended: boolean): void {
    this.windows.forEach((window, w) => {
      const { kind } = window.plan
      let open = window.fills && this.kernels.fill(window.address) !== 0
      if (kind === 'tumbling') this.#closePanes(window, w, watermarkUs, ended)
      else if (kind === 'hopping') open = this.#closeHops(window, w) || open
      else if (kind === 'session') this.#closeLanes(window, nowUs, NONE, false)
      else if (kind === 'count' && ended) this.#closeLanes(window, nowUs, NONE, true)
      if (open) this.#open.add(window)
      else this.#open.delete(window)
    })
    if (this.ahead.at !== 0) this.kernels.forgetAhead(this.ahead.at)
  }

  /** Emits what a count window has counted out, sessions of a device that has no room for more, or the raw rows from `from` on. */
  emit(window: Window, from: number): void {
    const { address } = window
    if (window.plan.kind === 'session') {
      this.#take(window, this.#all(window), true, (out, end) => this.kernels.collectOver(address, out, end))
      return
    }
    if (window.plan.kind === 'count') {
      this.#take(window, this.#all(window), true, (out, end) =>
        this.kernels.collectCounts(address, NONE, 0, 1, out, end),
      )
      return
    }
    let row = from
    this.#take(window, this.#all(window), true, (out, end) => {
      const more = this.kernels.collectRaw(address, this.memory.regions.columns.start, row, out, end)
      row = this.kernels.rawNext.value
      return more
    })
  }

  /** Ends a device in every window: what has not been said of it yet is said. */
  closeDevice(device: number): void {
    for (const [w, window] of this.windows.entries()) this.#closeDevice(window, w, device)
  }

  /**
   * Emits what is due by the watermarks, before the time of these devices is set back by so much (µs, below 0: forward). It may
   * still be corrected, but for windows that overlap and have final panes ahead of the new time: these end.
   */
  emitDue(devices: readonly number[], backUs: number): void {
    this.windows.forEach((window, w) => {
      const { kind, latenessUs } = window.plan
      if (kind === 'tumbling') {
        this.#emitPanes(window, w, Number.POSITIVE_INFINITY)
        // A value of the future holds nowhere.
        if (backUs > 0) for (const device of devices) this.kernels.forgetDevice(window.address, device)
      }
      if (kind !== 'hopping') return
      this.#emitHops(window, w)
      if (backUs > latenessUs) for (const device of devices) this.#closeDevice(window, w, device)
    })
  }

  /** After a state was taken up: any window may have more to say. */
  load(): void {
    for (const window of this.windows) if (window.isOpen) this.#open.add(window)
  }

  /** Ends a window of sessions or counted rows: what is open is written as it stands. */
  finish(window: Window, devices: readonly (unknown | undefined)[]): void {
    for (const [id, device] of devices.entries()) if (device) this.#closeLanes(window, 0, id, true)
    this.kernels.closeLanes(window.address)
  }

  #closeDevice(window: Window, w: number, device: number): void {
    const final = this.#final[w]
    const emit = final.length > 0 ? 1 : 0
    const { address, plan } = window
    if (plan.kind === 'hopping') {
      this.#take(window, final, true, (out, end) => this.kernels.closeHops(address, device, emit, out, end))
    } else if (plan.kind === 'tumbling') {
      for (const pane of this.#panes(window, PANES_ALL, 0)) {
        this.#take(window, final, true, (out, end) => this.kernels.closeDevice(address, pane, device, emit, out, end))
      }
    } else if (plan.kind !== 'raw') this.#closeLanes(window, 0, device, true)
    this.kernels.forgetDevice(address, device)
  }

  #closePanes(window: Window, w: number, watermarkUs: number, ended: boolean): void {
    const final = this.#final[w]
    this.#emitPanes(window, w, ended ? Number.POSITIVE_INFINITY : watermarkUs)
    for (const pane of this.#panes(window, ended ? PANES_ALL : PANES_SWEEP, watermarkUs)) {
      this.#take(window, final, true, (out, end) =>
        this.kernels.sweep(window.address, pane, watermarkUs, final.length > 0 ? 1 : 0, out, end),
      )
    }
  }

  #emitPanes(window: Window, w: number, watermarkUs: number): void {
    const due = this.#dueOf(w)
    if (due.length === 0) return
    for (const pane of this.#panes(window, PANES_DUE, watermarkUs))
      this.#take(window, due, false, (out, end) => this.kernels.collect(window.address, pane, out, end))
  }

  /** True while windows are still to come of what was seen. */
  #closeHops(window: Window, w: number): boolean {
    const final = this.#final[w]
    const open = this.#emitHops(window, w)
    this.#take(window, final, true, (out, end) =>
      this.kernels.collectHops(window.address, 1, final.length > 0 ? 1 : 0, out, end),
    )
    return open
  }

  /** True while windows are still to come. */
  #emitHops(window: Window, w: number): boolean {
    const due = this.#dueOf(w)
    if (due.length === 0) return false
    this.#take(window, due, false, (out, end) => this.kernels.collectHops(window.address, 0, 1, out, end))
    return this.kernels.hopsOpen.value !== 0
  }

  /** Sessions and counted rows are told once, to everybody. */
  #closeLanes(window: Window, nowUs: number, device: number, all: boolean): void {
    const targets = this.#all(window)
    const { address, plan } = window
    this.#take(window, targets, true, (out, end) =>
      plan.kind === 'session'
        ? this.kernels.collectSessions(address, device, nowUs, all ? 1 : 0, 1, out, end)
        : this.kernels.collectCounts(address, device, all ? 1 : 0, 1, out, end),
    )
  }

  #all(window: Window): Target[] {
    const w = this.windows.indexOf(window)
    return [...this.#due[w], ...this.#final[w]].filter(({ idle }) => !idle)
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

  /** Calls `write` until all lines are out, and hands them to the targets. */
  #take(window: Window, targets: readonly Target[], final: boolean, write: (out: number, end: number) => number): void {
    const { start, end } = this.memory.regions.output
    for (let more = 1; more !== 0; ) {
      more = write(start, start + this.outputBytes)
      if (more !== 0 && this.kernels.linesEnd.value === start) more = write(start, end)
      const linesEnd = this.kernels.linesEnd.value
      if (linesEnd === start && more !== 0)
        bug(`a line of window ${window.plan.name} is longer than ${end - start} bytes`)
      for (let at = start; at < linesEnd; ) {
        at = this.#lines.read(window, final, this.memory, at, linesEnd, this.names)
        // Where both kinds of target are served, each line is counted when it first goes out.
        if (!final || this.#dueOf(this.windows.indexOf(window)).length === 0 || toldOnce(window))
          window.count(this.#lines)
        if (this.#lines.lines > 0 && this.#lines.startUs >= this.notBeforeUs)
          for (const target of targets) target.offer(this.#lines)
      }
    }
  }
}

const toldOnce = ({ plan }: Window) => plan.kind !== 'tumbling' && plan.kind !== 'hopping'
