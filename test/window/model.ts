import type { PaneView } from '../../src/model/kernel.js'
import type { WindowPlan } from '../../src/model/plan.js'
import { selects } from '../../src/model/selector.js'
import { kernels } from '../../src/reduce/registry.js'
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
  /** Windows without rows are there until then, while a value is held. */
  untilUs: number
}

/** One field of a point. */
export interface Expected {
  value: number
  tolerance: number
}

/** `silentUs`: the longest silence of the device since its last row here. */
type Admitted = Sample & { horizonUs: number; silentUs: number }

/** One device's rows in one window, in order of arrival, by field; a field without rows is there while a value is held. */
interface Group {
  startUs: number
  endUs: number
  fields: Map<string, Admitted[]>
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
    const { groups, accepted } = grouped(window, rules, rows, (endUs, row) => {
      if (isLate(endUs, row)) outcome.late++
      return isLate(endUs, row)
    })
    for (const group of groups) {
      const timeUs = window.stamp === 'end' ? group.endUs : group.startUs
      const fields = fieldsOf(window, group, accepted)
      if (fields.size > 0) outcome.points.push([`${timeUs} ${device}`, fields])
    }
  }
  return outcome
}

type Late = (endUs: number, row: Admitted) => boolean

interface Grouped {
  groups: Group[]
  accepted: Admitted[]
}

function grouped(window: WindowPlan, rules: Rules, rows: Admitted[], late: Late): Grouped {
  const { kind, everyUs, sizeUs, offsetUs, zone } = window
  const alone = (parts: Part[]) => ({
    groups: parts.map(({ startUs, endUs, rows }) => ({ startUs, endUs, fields: byField(rows) })),
    accepted: [],
  })
  if (kind === 'session') return alone(sessions(window, rules, rows, late))
  if (kind === 'raw') return alone(rows.map((row) => ({ startUs: row.timeUs, endUs: row.timeUs, rows: [row] })))
  if (kind === 'count') return alone([...byField(rows).values()].flatMap((of) => counted(of, window.rows)))
  const groups = new Map<number, Group>()
  const accepted: Admitted[] = []
  const note = (field: string, paneStartUs: number, paneEndUs: number): Admitted[][] => {
    const lists: Admitted[][] = []
    let endUs = kind === 'hopping' ? onGrid(paneStartUs, everyUs, offsetUs).endUs : paneEndUs
    for (; kind === 'hopping' ? endUs - sizeUs <= paneStartUs : lists.length === 0; endUs += everyUs) {
      const group = groups.get(endUs) ?? {
        startUs: kind === 'hopping' ? endUs - sizeUs : paneStartUs,
        endUs,
        fields: new Map(),
      }
      groups.set(endUs, group)
      const list = group.fields.get(field) ?? []
      group.fields.set(field, list)
      lists.push(list)
    }
    return lists
  }
  const paneUs = kind === 'hopping' ? gcd(sizeUs, everyUs) : everyUs
  const paneOf = (t: number) => (zone ? windowInZone(zone, t, everyUs, offsetUs) : onGrid(t, paneUs, offsetUs))
  for (const row of rows) {
    const pane = paneOf(row.timeUs)
    if (late(pane.endUs, row)) continue
    accepted.push(row)
    for (const list of note(row.field, pane.startUs, pane.endUs)) list.push(row)
  }
  if (window.reduce[0]!.reductions.some(({ kernel }) => kernelOf(kernel).carries === 'held'))
    for (const { field, timeUs } of accepted)
      for (let { endUs: at } = paneOf(timeUs); at < timeUs + window.holdUs; ) {
        const pane = paneOf(at)
        if (pane.endUs <= rules.untilUs) note(field, pane.startUs, pane.endUs)
        at = pane.endUs
      }
  return { groups: [...groups.values()], accepted }
}

interface Part {
  startUs: number
  endUs: number
  rows: Admitted[]
}

function sessions(
  { sizeUs: gapUs, latenessUs }: WindowPlan,
  { finite, waitUs }: Rules,
  rows: Admitted[],
  late: Late,
): Part[] {
  let open: Part[] = []
  const done: Part[] = []
  for (const row of rows) {
    const silent = !finite && row.silentUs >= gapUs + latenessUs + waitUs
    const isOver = ({ endUs }: Part) => silent || endUs + latenessUs <= row.horizonUs
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

function counted(rows: Admitted[], n: number): Part[] {
  return Array.from({ length: Math.ceil(rows.length / n) }, (_, i) => {
    const part = rows.slice(i * n, (i + 1) * n)
    const times = part.map(({ timeUs }) => timeUs)
    return { startUs: Math.min(...times), endUs: Math.max(...times), rows: part }
  })
}

function fieldsOf(window: WindowPlan, { startUs, endUs, fields }: Group, accepted: Admitted[]): Map<string, Expected> {
  const values = new Map<string, Expected>()
  for (const [field, rows] of fields) {
    if (window.kind === 'raw') values.set(field, { value: rows[0]!.value, tolerance: 0 })
    // In order of time; equal times in order of arrival.
    const series = accepted.filter((row) => row.field === field).sort((a, b) => a.timeUs - b.timeUs)
    const pane: PaneView = {
      startUs,
      endUs,
      holdUs: window.holdUs,
      linear: window.between === 'linear',
      runs: [],
      before: series.findLast(({ timeUs }) => timeUs < startUs),
      after: series.find(({ timeUs }) => timeUs >= endUs),
      detrend: window.detrend,
      expectUs: window.expectUs,
      late: rows.filter(({ horizonUs }) => endUs <= horizonUs).length,
      duplicate: 0,
    }
    for (const reduction of window.reduce[0]!.reductions) {
      const { suffix, stateArguments = [] } = reduction
      const args = [...reduction.arguments, ...stateArguments]
      const kernel = kernelOf(reduction.kernel)
      const seen = kernel.state === 'rows' ? rows.toSorted((a, b) => a.timeUs - b.timeUs) : rows
      const of = [seen.map(({ value }) => value), seen.map(({ timeUs }) => timeUs), args, pane] as const
      const value = kernel.reference(...of)
      if (Number.isFinite(value)) values.set(`${field}_${suffix}`, { value, tolerance: kernel.tolerance(...of) })
    }
  }
  return values
}

const kernelOf = (name: string) => kernels.find((one) => one.name === name)!

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
