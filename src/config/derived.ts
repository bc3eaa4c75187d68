import {
  DERIVE_FUNCTIONS,
  DERIVED_SOURCE,
  type DerivedInput,
  type DerivedPlan,
  type SourcePlan,
} from '../model/plan.js'
import { UNHOLDABLE } from './condition-schema.js'
import { derivedEntries } from './derived-schema.js'
import type { Findings } from './findings.js'
import { nearest } from './nearest.js'
import type { Path } from './path.js'

const LEAST_HOLD_US = 60e6

/** A derived series with where it stands among the others. */
interface Placed {
  plan: DerivedPlan
  /** Sources with frames that it comes from in the end. */
  from: string[]
  /** Longest way to them: 1 = it derives from them alone. */
  level: number
}

/**
 * The section `derived` as sources, in the order in which they can be made: one for each set of sources that series come
 * from, since these wait for one another only where they must. What is wrong is noted and left out.
 */
export function derivedSources(
  raw: unknown,
  names: readonly string[],
  sources: readonly SourcePlan[],
  findings: Findings,
): SourcePlan[] {
  const section = findings.section(raw, 'derived', 'a derived series', false)
  const fields = section.map(([field]) => field)
  if (section.length > 0 && names.includes(DERIVED_SOURCE))
    findings.add(
      ['sources', DERIVED_SOURCE],
      `cannot name a source \`${DERIVED_SOURCE}\`: derived series are of it; choose another name`,
    )
  const plans = new Map<string, DerivedPlan>()
  for (const [field, given] of section) {
    const plan = readDerived(field, given, names, fields, findings)
    if (plan) plans.set(field, plan)
  }
  const place = placing(plans, findings)
  const groups = new Map<string, { from: string[]; level: number; series: DerivedPlan[] }>()
  for (const field of plans.keys()) {
    const placed = place(field, [])
    if (!placed) continue
    const { from, level, plan } = placed
    const key = JSON.stringify([level, from])
    const group = groups.get(key)
    if (group) group.series.push(plan)
    else groups.set(key, { from, level, series: [plan] })
  }
  return [...groups.values()]
    .sort((a, b) => a.level - b.level)
    .map(({ from, series }) => sourceOf(from, series, sources))
}

function readDerived(
  field: string,
  given: Record<string, unknown>,
  sources: readonly string[],
  fields: readonly string[],
  findings: Findings,
): DerivedPlan | undefined {
  const path: Path = ['derived', field]
  const before = findings.problems.length
  if (UNHOLDABLE.includes(field))
    findings.add(path, `cannot name a field ${JSON.stringify(field)}; choose another name`)
  const read = findings.readKeys(derivedEntries, given, path, {})
  const told = DERIVE_FUNCTIONS.filter((name) => given[name] !== undefined)
  if (told.length !== 1) {
    const got = told.length === 0 ? 'none of them' : told.join(' and ')
    findings.add(path, `cannot derive a series: it is one of ${DERIVE_FUNCTIONS.join(', ')}; got ${got}; write one`)
  }
  const [name] = told
  const inputs = name && read[name]
  inputs?.forEach(({ source, field: of }, i) => {
    const known = source === DERIVED_SOURCE ? fields : sources
    const [what, asked, key] =
      source === DERIVED_SOURCE ? ['derived series', of, 'field'] : ['source', source, 'source']
    if (known.includes(asked)) return
    const near = nearest(asked, [...known])
    findings.add(
      [...path, name, i, key],
      `cannot find ${what} ${JSON.stringify(asked)}; allowed: ${known.join(', ') || 'none is defined'}${near ? `; did you mean \`${near}\`?` : ''}`,
    )
  })
  if (!inputs || findings.problems.length > before) return undefined
  return {
    field,
    function: name,
    inputs: inputs as unknown as readonly [DerivedInput, DerivedInput],
    ...(read.by && { by: [...new Set(read.by)].sort() }),
    holdUs: read.hold ?? LEAST_HOLD_US,
    ...(read.unit !== undefined && { unit: read.unit }),
  }
}

/** Follows a series to where it comes from; `behind` are those on the way to it. Undefined where there is no such place. */
function placing(plans: ReadonlyMap<string, DerivedPlan>, findings: Findings) {
  const known = new Map<string, Placed | undefined>()
  const follow = (field: string, behind: readonly string[]): Placed | undefined => {
    const plan = plans.get(field)
    if (!plan) return undefined
    if (behind.includes(field)) {
      const way = [...behind.slice(behind.indexOf(field)), field].join(' from ')
      findings.add(['derived', field], `cannot derive a series from itself: ${way}; derive it from others`)
      return undefined
    }
    const from = new Set<string>()
    let level = 1
    for (const { source, field: of } of plan.inputs) {
      if (source !== DERIVED_SOURCE) {
        from.add(source)
        continue
      }
      const input = place(of, [...behind, field])
      if (!input) return undefined
      for (const name of input.from) from.add(name)
      level = Math.max(level, input.level + 1)
    }
    return { plan, from: [...from].sort(), level }
  }
  const place = (field: string, behind: readonly string[]): Placed | undefined => {
    if (!known.has(field)) known.set(field, follow(field, behind))
    return known.get(field)
  }
  return place
}

function sourceOf(from: string[], series: DerivedPlan[], sources: readonly SourcePlan[]): SourcePlan {
  const inputs = sources.filter(({ name }) => from.includes(name))
  return {
    name: DERIVED_SOURCE,
    type: DERIVED_SOURCE,
    options: {},
    inputs: [],
    finite: inputs.every(({ finite }) => finite),
    units: {},
    expectUs: 0,
    // Its rows are made in order, when nothing before them can come any more.
    waitUs: 0,
    idleUs: 0,
    aheadUs: Number.MAX_VALUE,
    forgetUs: Math.max(0, ...inputs.map(({ forgetUs }) => forgetUs)),
    maxLatencyUs: 0,
    arrivalErrorUs: 0,
    maxFrameBytes: 0,
    derives: { from, series },
  }
}
