import { isLive, type Plan, type SourcePlan } from '../model/plan.js'

/** Keys that a running gateway can't change, as they are called in a configuration. */
const FIXED = {
  gateway: 'gateway',
  durability: 'durability',
  stateDir: 'stateDir',
  runtimeDir: 'runtimeDir',
  onDamage: 'onDamage',
  stopTimeoutMs: 'stopTimeout',
  http: 'http',
} as const

/** Keys that it can, besides sources, windows and sinks. */
const FREE = {
  batchUs: 'batch',
  workers: 'workers',
  maxMemoryBytes: 'maxMemory',
  maxSeries: 'maxSeries',
  checkpointUs: 'checkpoint',
} as const

/** Why a running gateway can't go over to another plan; undefined where it can. */
export function whyFixed(plan: Plan, next: Plan): string | undefined {
  const changed = changedKeys(FIXED, plan, next)
  if (changed.length > 0) return `${changed.join(', ')} changed, which takes a restart`
  const finite = [...next.sources, ...plan.sources].find((source) => source.finite)
  return finite && `source ${finite.name} is finite; restart instead`
}

/** For people: what another plan changes besides windows and sources that go. */
export function otherChanges(plan: Plan, next: Plan): string[] {
  const links = ({ sources }: Plan) => sources.filter(isLive)
  const changes = changedKeys(FREE, plan, next).map((key) => `${key}: changed`)
  for (const source of links(next)) {
    const before = links(plan).find(({ name }) => name === source.name)
    if (!before) changes.push(`source ${source.name}: new`)
    else if (!isSame(before, source))
      changes.push(`source ${source.name}: changed${isSameLink(before, source) ? '' : '; it connects anew'}`)
  }
  for (const sink of next.sinks) {
    const before = plan.sinks.find(({ name }) => name === sink.name)
    if (!before) changes.push(`sink ${sink.name}: new`)
    else if (!isSame(before, sink)) changes.push(`sink ${sink.name}: changed`)
  }
  for (const { name } of plan.sinks)
    if (!next.sinks.some((sink) => sink.name === name)) changes.push(`sink ${name}: removed; what waits for it stays`)
  return changes
}

/** Whether a source's connection does for another plan of it: what only the line reads may differ. */
export const isSameLink = (a: SourcePlan, b: SourcePlan): boolean => isSame(linkOf(a), linkOf(b))

const linkOf = ({ name, type, options, inputs, maxFrameBytes, arrivalErrorUs }: SourcePlan) => [
  name,
  type,
  options,
  inputs,
  maxFrameBytes,
  arrivalErrorUs,
]

export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function changedKeys(keys: Partial<Record<keyof Plan, string>>, plan: Plan, next: Plan): string[] {
  const all = Object.entries(keys) as [keyof Plan, string][]
  return all.flatMap(([key, name]) => (isSame(plan[key], next[key]) ? [] : [name]))
}
