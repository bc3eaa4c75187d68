import type { PaneView } from '../../src/model/kernel.js'
import type { WindowPlan } from '../../src/model/plan.js'
import { kernels } from '../../src/reduce/registry.js'
import { selects } from '../../src/window/selector.js'
import { windowInZone } from './clocks.js'

/** One value of one series. */
export interface Sample {
  device: string
  field: string
  timeUs: number
  value: number
  arrivalUs: number
}

/** What the source of the samples says. */
export interface Rules {
  finite: boolean
  waitUs: number
  aheadUs: number
}

/** One field of a point. */
export interface Expected {
  value: number
  tolerance: number
}

/** `silentUs`: the longest silence of the device since its last row here. */
type Admitted = Sample & { horizonUs: number; silentUs: number }

/** Rows of one device in one window, in order of arrival. */
interface Group {
  startUs: number
  endUs: number
  rows: Admitted[]
}

/** What a window makes of one source's samples in order of arrival: points as `time device` → fields, equal keys one after the other. */
export interface Outcome {
  points: [key: string, fields: Map<string, Expected>][]
  late: number
}

/** Computes DESIGN §3 from scratch: keeps everything, sorts where order matters, knows no batches. */
export function model(samples: readonly Sample[], window: WindowPlan, rules: Rules): Outcome {
  const wanted = selects(window.of)
  const high = new Map<string, number>()
  const devices = new Map<string, Admitted[]>()
  const heardUs = new Map<string, number>()
  const silences = new Map<string, number>()
  for (const sample of samples) {
    const { device, field, timeUs, arrivalUs } = sample
    if (!rules.finite && timeUs > arrivalUs + rules.aheadUs) continue
    const before = high.get(device) ?? Number.NEGATIVE_INFINITY
    high.set(device, Math.max(before, rules.finite ? timeUs : Math.min(timeUs, arrivalUs)))
    const silentUs = Math.max(silences.get(device) ?? 0, arrivalUs - (heardUs.get(device) ?? arrivalUs))
    heardUs.set(device, arrivalUs)
    silences.set(device, silentUs)
    if (!wanted({ source: '', field, tags: [] })) continue
    silences.set(device, 0)
    const rows = devices.get(device) ?? []
    devices.set(device, rows)
    rows.push({ ...sample, silentUs, horizonUs: before - rules.waitUs })
  }
  const outcome: Outcome = { points: [], late: 0 }
  for (const [device, rows] of devices) {
    const isLate = (endUs: number, row: Admitted) => endUs + window.latenessUs <= row.horizonUs
    const groups = grouped(window, rules, rows, (endUs, row) => {
      if (isLate(endUs, row)) outcome.late++
      return isLate(endUs, row)
    })
    for (const group of groups) {
      const timeUs = window.stamp === 'end' ? group.endUs : group.startUs
      const fields = fieldsOf(window, group)
      if (fields.size > 0) outcome.points.push([`${timeUs} ${device}`, fields])
    }
  }
  return outcome
}

type Late = (endUs: number, row: Admitted) => boolean

function grouped(window: WindowPlan, rules: Rules, rows: Admitted[], late: Late): Group[] {
  const { kind, everyUs, sizeUs, offsetUs, zone } = window
  if (kind === 'session') return sessions(window, rules, rows, late)
  if (kind === 'raw') return rows.map((row) => ({ startUs: row.timeUs, endUs: row.timeUs, rows: [row] }))
  if (kind === 'count') return [...byField(rows).values()].flatMap((of) => counted(of, window.rows))
  const paneUs = kind === 'hopping' ? gcd(sizeUs, everyUs) : everyUs
  const groups = new Map<number, Group>()
  for (const row of rows) {
    const t = row.timeUs
    const pane = zone ? windowInZone(zone, t, everyUs, offsetUs) : onGrid(t, paneUs, offsetUs)
    if (late(pane.endUs, row)) continue
    const firstEndUs = kind === 'hopping' ? onGrid(t, everyUs, offsetUs).endUs : pane.endUs
    for (let endUs = firstEndUs; ; endUs += everyUs) {
      const startUs = kind === 'hopping' ? endUs - sizeUs : pane.startUs
      if (startUs > t) break
      const group = groups.get(endUs) ?? { startUs, endUs, rows: [] }
      groups.set(endUs, group)
      group.rows.push(row)
      if (kind !== 'hopping') break
    }
  }
  return [...groups.values()]
}

function sessions(
  { sizeUs: gapUs, latenessUs }: WindowPlan,
  { finite, waitUs }: Rules,
  rows: Admitted[],
  late: Late,
): Group[] {
  let open: Group[] = []
  const done: Group[] = []
  for (const row of rows) {
    const silent = !finite && row.silentUs >= gapUs + latenessUs + waitUs
    const isOver = ({ endUs }: Group) => silent || endUs + latenessUs <= row.horizonUs
    done.push(...open.filter(isOver))
    open = open.filter((group) => !isOver(group))
    const joined = open.filter(({ startUs, endUs }) => row.timeUs > startUs - gapUs && row.timeUs < endUs)
    if (joined.length === 0 && late(row.timeUs + gapUs, row)) continue
    open = open.filter((group) => !joined.includes(group))
    const startUs = Math.min(row.timeUs, ...joined.map((group) => group.startUs))
    const endUs = Math.max(row.timeUs + gapUs, ...joined.map((group) => group.endUs))
    open.push({ startUs, endUs, rows: [...joined.flatMap((group) => group.rows), row] })
  }
  // Rows of sessions that became one are in order of arrival again.
  const place = new Map(rows.map((row, i) => [row, i]))
  for (const group of [...done, ...open]) group.rows.sort((a, b) => place.get(a)! - place.get(b)!)
  return [...done, ...open]
}

function counted(rows: Admitted[], n: number): Group[] {
  return Array.from({ length: Math.ceil(rows.length / n) }, (_, i) => {
    const part = rows.slice(i * n, (i + 1) * n)
    const times = part.map(({ timeUs }) => timeUs)
    return { startUs: Math.min(...times), endUs: Math.max(...times), rows: part }
  })
}

function fieldsOf(window: WindowPlan, { startUs, endUs, rows }: Group): Map<string, Expected> {
  const fields = new Map<string, Expected>()
  for (const [field, of] of byField(rows)) {
    if (window.kind === 'raw') fields.set(field, { value: of[0]!.value, tolerance: 0 })
    for (const { kernel: name, arguments: args, suffix } of window.kind === 'raw' ? [] : window.reduce[0]!.reductions) {
      const kernel = kernels.find((one) => one.name === name)!
      const sorted = kernel.state === 'rows' ? of.toSorted((a, b) => a.timeUs - b.timeUs) : of
      const [values, times] = [sorted.map((row) => row.value), sorted.map((row) => row.timeUs)]
      const pane = viewOf(window, startUs, endUs)
      const value = kernel.reference(values, times, args, pane)
      if (Number.isFinite(value))
        fields.set(`${field}_${suffix}`, { value, tolerance: kernel.tolerance(values, times, args, pane) })
    }
  }
  return fields
}

function viewOf(window: WindowPlan, startUs: number, endUs: number): PaneView {
  const { holdUs, between, detrend, expectUs } = window
  return { startUs, endUs, holdUs, linear: between === 'linear', runs: [], detrend, expectUs, late: 0, duplicate: 0 }
}

function byField(rows: Admitted[]): Map<string, Admitted[]> {
  const fields = new Map<string, Admitted[]>()
  for (const row of rows) fields.set(row.field, [...(fields.get(row.field) ?? []), row])
  return fields
}

function onGrid(t: number, everyUs: number, offsetUs: number) {
  const startUs = t - ((((t - offsetUs) % everyUs) + everyUs) % everyUs)
  return { startUs, endUs: startUs + everyUs }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
