import * as v from 'valibot'
import type { Components } from '../model/components.js'
import { ConfigError } from '../model/errors.js'
import { DERIVED_SOURCE, type Plan } from '../model/plan.js'
import { derivedSources } from './derived.js'
import type { Environment } from './environment.js'
import { Findings, NAME } from './findings.js'
import { interpolate } from './interpolate.js'
import { isMap } from './path.js'
import { checkUnits } from './signal-check.js'
import { readSinks } from './sinks.js'
import { readSources } from './sources.js'
import { defaultHttp, topEntries } from './top-schema.js'
import { readWindows } from './windows.js'

const section = v.optional(v.pipe(v.unknown(), v.metadata({ allowed: 'a map by name' })))
const topSchema = v.strictObject({
  ...topEntries,
  sources: section,
  derived: section,
  windows: section,
  sinks: section,
})

/**
 * The plan of a configuration as plain data, as a YAML file or a StreamingContext gives it, with all placeholders
 * filled in and all defaults in place. Throws a ConfigError with every problem.
 */
export function parseConfig(raw: unknown, components: Components, environment: Environment): Plan {
  const filled = interpolate(raw ?? {}, environment)
  const findings = new Findings(filled)
  const given = filled.value
  if (!isMap(given)) {
    findings.add(
      [],
      `cannot read the configuration: not a map; got ${findings.got(given, [])}; allowed: ${Object.keys(topSchema.entries).join(', ')}`,
    )
    throw new ConfigError(findings.problems)
  }
  // Sections are read even when a key at the top is wrong.
  const top = findings.read(topSchema, given, [], { place: 'top' }) ?? v.parse(topSchema, {})
  const batchUs = top.batch
  const pointsTaken = environment.pointsTaken ?? false

  const sources = readSources(given.sources, batchUs, components, findings)
  const derived = derivedSources(given.derived, names(given.sources), sources, findings)
  const sinks = readSinks(given.sinks, !pointsTaken, components, findings)
  const derivedNames = names(given.derived).length > 0 ? [DERIVED_SOURCE] : []
  const named = { sources: [...names(given.sources), ...derivedNames], sinks: names(given.sinks), pointsTaken }
  const windows = readWindows(given.windows, named, components, findings)
  checkUnits(windows, sources, components, findings)
  if (findings.problems.length) throw new ConfigError(findings.problems)

  const longestUs = Math.max(0, ...windows.map((window) => window.sizeUs + window.holdUs + window.latenessUs))
  const live = sources.some(({ finite }) => !finite)
  if (!live && top.durability && top.durability !== 'memory')
    findings.problems.push({
      path: 'durability',
      message: 'cannot keep windows of a run that ends by itself: every source is finite; remove the key',
    })
  if (findings.problems.length) throw new ConfigError(findings.problems)
  const stateDir = top.stateDir ?? (environment.env.STATE_DIRECTORY?.split(':')[0] || './weir-state')
  const http = top.http ?? defaultHttp(sources.every(({ finite }) => finite))
  return {
    gateway: top.gateway ?? plainName(environment.hostname),
    batchUs,
    workers: top.workers === 'auto' ? Math.max(0, Math.min(environment.cores - 1, 3)) : top.workers,
    maxMemoryBytes: top.maxMemory,
    maxSeries: top.maxSeries,
    stopTimeoutMs: top.stopTimeout / 1000,
    stateDir,
    durability: top.durability ?? (live ? 'process' : 'memory'),
    runtimeDir: top.runtimeDir ?? (environment.env.RUNTIME_DIRECTORY?.split(':')[0] || stateDir),
    checkpointUs: top.checkpoint,
    onDamage: top.onDamage,
    ...(http && { http }),
    sources: [...sources, ...derived].map((source) => ({ ...source, forgetUs: Math.max(source.forgetUs, longestUs) })),
    windows,
    sinks,
  }
}

/** Names that others may refer to, wrong or not, so that one mistake isn't told twice. */
const names = (section: unknown): string[] =>
  isMap(section) ? Object.keys(section).filter((name) => NAME.test(name)) : []

/** A host name as a name of a gateway. */
const plainName = (host: string): string => host.replace(/[^\w.-]/g, '-').slice(0, 64) || 'gateway'
