import type { Components } from '../model/components.js'
import type { ReductionPlan, Selector, WindowPlan } from '../model/plan.js'
import type { Findings } from './findings.js'
import { nearest } from './nearest.js'
import type { Path } from './path.js'
import { windowEntries } from './window-schema.js'
import { checkReductions, readShape, withQuality } from './window-shape.js'

const LEAST_HOLD_US = 10e6

/** What windows may name. */
export interface Named {
  sources: string[]
  sinks: string[]
  /** Windows may go without a sink. */
  pointsTaken: boolean
}

/** The section `windows` as plans; what is wrong is noted and left out. */
export function readWindows(raw: unknown, named: Named, components: Components, findings: Findings): WindowPlan[] {
  const byMeasurement = new Map<string, { name: string; told: boolean }>()
  return findings.section(raw, 'windows', 'a window', true).flatMap(([name, given]) => {
    const path = ['windows', name]
    const read = findings.readKeys(windowEntries, given, path, { place: 'window' })
    const of = read.of && selectors(read.of)
    if (of) checkSources(of, Array.isArray(read.of), [...path, 'of'], named.sources, findings)
    const measurement = read.measurement ?? name
    checkMeasurement(measurement, { name, told: read.measurement !== undefined }, path, byMeasurement, findings)
    const shape = readShape(read, given, path, findings)
    const kind = shape?.kind
    const lists = readReduce(read.reduce, kind, [...path, 'reduce'], components, findings)
    const to = readTo(read.to, [...path, 'to'], named, findings)
    if (!of || !shape || !lists) return []
    const reduce = read.quality ? withQuality(lists, shape, components) : lists
    const detrends = read.detrend !== undefined && read.detrend !== 'none'
    checkReductions(
      reduce,
      shape,
      { grouped: read.by !== undefined, detrends, quality: read.quality ?? false },
      [...path, 'reduce'],
      components,
      findings,
    )
    return [
      {
        name,
        measurement,
        of,
        ...shape,
        latenessUs: read.lateness ?? 0,
        stamp: read.stamp ?? 'start',
        holdUs: read.hold ?? Math.max(shape.sizeUs, LEAST_HOLD_US),
        between: read.between ?? 'step',
        quality: read.quality ?? false,
        expectUs: read.expect ?? 0,
        detrend: read.detrend ?? 'default',
        maxRows: read.maxRows ?? 1,
        ...(read.by && { by: read.by }),
        ...(read.unitTag !== undefined && { unitTag: read.unitTag }),
        reduce,
        to,
      },
    ]
  })
}

function selectors(of: '*' | Selector | Selector[]): Selector[] {
  if (of === '*') return [{}]
  return Array.isArray(of) ? of : [of]
}

function checkSources(of: Selector[], listed: boolean, path: Path, sources: string[], findings: Findings): void {
  for (const [i, { source }] of of.entries()) {
    if (source === undefined || /[*?]/.test(source) || sources.includes(source)) continue
    findings.add([...path, ...(listed ? [i] : []), 'source'], notFound('source', source, sources))
  }
}

function notFound(what: string, name: string, all: string[]): string {
  const near = nearest(name, all)
  return `cannot find ${what} ${JSON.stringify(name)}; allowed: ${all.join(', ') || 'none is defined'}${near ? `; did you mean \`${near}\`?` : ''}`
}

/** Two windows of one measurement would overwrite each other's points, so both must say that they mean it. */
function checkMeasurement(
  measurement: string,
  window: { name: string; told: boolean },
  path: Path,
  seen: Map<string, { name: string; told: boolean }>,
  findings: Findings,
): void {
  const other = seen.get(measurement)
  if (!other) seen.set(measurement, window)
  else if (!other.told || !window.told)
    findings.add(
      [...path, 'measurement'],
      `cannot use the measurement ${JSON.stringify(measurement)} twice: window \`${other.name}\` writes it too and their points may overwrite each other; choose another, or write measurement: in both`,
    )
}

function readReduce(
  reduce: string[] | Record<string, string[]> | undefined,
  kind: WindowPlan['kind'] | undefined,
  path: Path,
  components: Components,
  findings: Findings,
): WindowPlan['reduce'] | undefined {
  if (kind === 'raw') {
    if (reduce) findings.add(path, 'cannot reduce raw samples; remove `reduce` or `raw`')
    return [{ field: '*', reductions: [] }]
  }
  if (!reduce) {
    if (kind) findings.add(path, 'cannot find `reduce`: a window needs reductions; write reduce: [mean]')
    return undefined
  }
  if (Array.isArray(reduce)) return [{ field: '*', reductions: readList(reduce, path, components, findings) }]
  return Object.entries(reduce).map(([field, list]) => ({
    field,
    reductions: readList(list, [...path, field], components, findings),
  }))
}

function readList(list: string[], path: Path, components: Components, findings: Findings): ReductionPlan[] {
  const reductions: ReductionPlan[] = []
  for (const [i, text] of list.entries()) {
    const made = components.reduction(text)
    if (typeof made === 'string') findings.add([...path, i], made)
    else if (made.some((one) => reductions.some(({ suffix }) => suffix === one.suffix)))
      findings.add(
        [...path, i],
        `cannot reduce by ${JSON.stringify(text)} twice: it would give the same field; remove one`,
      )
    else reductions.push(...made)
  }
  return reductions
}

function readTo(to: string[] | undefined, path: Path, named: Named, findings: Findings): string[] {
  for (const [i, sink] of (to ?? []).entries()) {
    if (!named.sinks.includes(sink)) findings.add([...path, i], notFound('sink', sink, named.sinks))
    else if (to!.indexOf(sink) < i)
      findings.add([...path, i], `cannot write to ${JSON.stringify(sink)} twice; remove one`)
  }
  if (to?.length === 0 && !named.pointsTaken)
    findings.add(
      path,
      `cannot run a window without a sink; allowed: ${named.sinks.join(', ')}; remove \`to\` for all of them`,
    )
  return to ?? named.sinks
}
