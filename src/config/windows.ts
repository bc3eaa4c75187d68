import type { Components } from '../model/components.js'
import type { ReductionPlan, Selector, WindowPlan } from '../model/plan.js'
import type { Findings } from './findings.js'
import { isLaterReduction } from './later.js'
import { nearest } from './nearest.js'
import type { Path } from './path.js'
import { windowEntries } from './window-schema.js'

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
    const {
      of: ofGiven,
      every,
      offset,
      lateness,
      reduce,
      to,
      ...own
    } = findings.readKeys(windowEntries, given, path, {
      place: 'window',
    })
    const of = ofGiven && selectors(ofGiven)
    if (of) checkSources(of, Array.isArray(ofGiven), [...path, 'of'], named.sources, findings)
    if (every && offset && offset >= every)
      findings.add([...path, 'offset'], 'cannot move the windows by their length or more; allowed: less than `every`')
    const measurement = own.measurement ?? name
    checkMeasurement(measurement, { name, told: own.measurement !== undefined }, path, byMeasurement, findings)
    const reduced = reduce && readReduce(reduce, [...path, 'reduce'], components, findings)
    const sinks = readTo(to, [...path, 'to'], named, findings)
    if (!of || every === undefined || offset === undefined || lateness === undefined || !reduced) return []
    return [
      {
        name,
        measurement,
        of,
        everyUs: every,
        offsetUs: offset,
        latenessUs: lateness,
        reduce: reduced,
        ...(own.unitTag !== undefined && { unitTag: own.unitTag }),
        to: sinks,
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
  reduce: string[] | Record<string, string[]>,
  path: Path,
  components: Components,
  findings: Findings,
): WindowPlan['reduce'] {
  if (Array.isArray(reduce)) return [{ field: '*', reductions: readList(reduce, path, components, findings) }]
  return Object.entries(reduce).map(([field, list]) => ({
    field,
    reductions: readList(list, [...path, field], components, findings),
  }))
}

function readList(list: string[], path: Path, components: Components, findings: Findings): ReductionPlan[] {
  const reductions: ReductionPlan[] = []
  for (const [i, text] of list.entries()) {
    const reduction = components.reduction(text)
    if (typeof reduction === 'string') findings.add([...path, i], refusal(text, reduction, components))
    else if (reductions.some(({ suffix }) => suffix === reduction.suffix))
      findings.add(
        [...path, i],
        `cannot reduce by ${JSON.stringify(text)} twice: it would give the same field; remove one`,
      )
    else reductions.push(reduction)
  }
  return reductions
}

function refusal(text: string, why: string, { kernels }: Components): string {
  if (!isLaterReduction(text)) return why
  return `cannot reduce by \`${text}\`: not in this version; allowed: ${kernels.map(({ name }) => name).join(', ')}`
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
