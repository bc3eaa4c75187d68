import { PAGE_BYTES, SOURCE_BYTES, SOURCE_HIGH } from '../../assembly/layout.js'
import { lanesOf, markBytes } from '../memory/window-memory.js'
import { type Plan, sourceKey, type WindowPlan } from '../model/plan.js'
import { isSameWindow, type KeptPlan, type SavedLine } from './saved-line.js'

/** How a line of one plan goes over into one of another. */
export interface Transition {
  /** The new plan, with windows of the old one behind its own that finish what they have open, and with room for what is kept. */
  plan: Plan
  /** For each of its windows the one of the kept plan that it goes on with. */
  windowOf: (number | undefined)[]
  /** What ends in the old line: sources by key, and windows on no grid by their place. */
  sources: string[]
  windows: number[]
  /** For people: what the change touches. */
  changes: string[]
}

/**
 * Sets an old state and a new plan side by side. Windows of the same definition go on. One that is changed or gone finishes
 * its open panes as it was; the new one begins with the first whole window behind them: from the newest time that any
 * source has seen. Sessions and counted rows of such a window end as they stand.
 */
export function transition(saved: SavedLine, plan: Plan, nowUs: number): Transition {
  const old = saved.rest.plan
  const seenUs = newestUs(saved, old)
  const switchUs = Number.isFinite(seenUs) ? seenUs + 1 : nowUs
  const changes: string[] = []
  const heirs = new Map<number, number>()
  const windows: WindowPlan[] = plan.windows.map((window, i) => {
    const before = old.windows.findIndex(({ name, untilUs }) => name === window.name && untilUs === undefined)
    const kept = old.windows[before]
    if (kept && isSameWindow(kept, window) && isSameMarks(kept, old, window, plan)) {
      heirs.set(i, before)
      return kept.fromUs === undefined ? window : { ...window, fromUs: kept.fromUs }
    }
    changes.push(kept ? `window ${window.name}: changed` : `window ${window.name}: new`)
    // A session or a run of counted rows is nobody else's, whenever it began.
    return isOnGrid(window) ? { ...window, fromUs: switchUs } : window
  })
  const ended: number[] = []
  const sinks = plan.sinks.map(({ name }) => name)
  old.windows.forEach((window, i) => {
    if ([...heirs.values()].includes(i)) return
    if (window.untilUs === undefined && !plan.windows.some(({ name }) => name === window.name))
      changes.push(`window ${window.name}: removed`)
    if (!isOnGrid(window)) {
      if (window.kind !== 'raw') ended.push(i)
      return
    }
    if (!saved.rest.windows[i].isOpen) return
    heirs.set(windows.length, i)
    windows.push({
      ...window,
      to: window.to.filter((sink) => sinks.includes(sink)),
      untilUs: window.untilUs ?? switchUs,
    })
  })
  const keys = plan.sources.map(sourceKey)
  const gone = old.sources.filter((source) => !keys.includes(sourceKey(source)))
  for (const { name, derives } of gone)
    changes.push(
      derives
        ? `derived ${derives.series.map(({ field }) => field).join(', ')}: changed or removed, windows of it end`
        : `source ${name}: removed, its windows end`,
    )
  return {
    plan: roomy({ ...plan, windows }, saved),
    windowOf: windows.map((_, i) => heirs.get(i)),
    sources: gone.map(sourceKey),
    windows: ended,
    changes,
  }
}

const isOnGrid = ({ kind }: WindowPlan) => kind === 'tumbling' || kind === 'hopping'

/** A plan with at least the room that the kept state takes. */
function roomy(plan: Plan, { rest }: SavedLine): Plan {
  const { devices, series, channels, slabBytes } = rest.used
  const groups = Math.ceil(series / 64) - plan.sources.length
  return {
    ...plan,
    maxSeries: Math.max(plan.maxSeries, devices, channels, series, groups * 64),
    maxMemoryBytes: Math.max(plan.maxMemoryBytes, Math.ceil(slabBytes / PAGE_BYTES) * PAGE_BYTES),
  }
}

/** The newest event time of any source; -Infinity when none has spoken. */
function newestUs({ read }: SavedLine, { sources }: KeptPlan): number {
  const record = new Float64Array(SOURCE_BYTES / 8)
  return sources.reduce((newest, source) => {
    const bytes = read(`source ${sourceKey(source)}`, new Uint8Array(record.buffer))
    return bytes === 0 ? newest : Math.max(newest, record[SOURCE_HIGH / 8])
  }, Number.NEGATIVE_INFINITY)
}

/** Whether marks of devices are as long: they depend on more than the window. */
function isSameMarks(a: WindowPlan, old: KeptPlan, b: WindowPlan, plan: Plan): boolean {
  return a.kind !== 'session' || markBytes(a, lanesOf(a, old as Plan)) === markBytes(b, lanesOf(b, plan))
}
