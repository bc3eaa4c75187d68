import * as v from 'valibot'
import type { Components } from '../model/components.js'
import type { InputPlan, SourcePlan } from '../model/plan.js'
import type { CommonInput, RawInput, SourceComponent } from '../model/source.js'
import type { Findings } from './findings.js'
import { codecProblem, readInput, type Written } from './input.js'
import { isMap, type Path } from './path.js'
import { inputEntries, sourceEntries } from './source-schema.js'

const IDLE_MIN_US = 1e6

/** The section `sources` as plans; what is wrong is noted and left out. */
export function readSources(raw: unknown, batchUs: number, components: Components, findings: Findings): SourcePlan[] {
  return findings.section(raw, 'sources', 'a source', true).flatMap(([name, given]) => {
    const path = ['sources', name]
    const component = findings.component(given, components.sources, path)
    const plan = component && readSource(name, given, component, batchUs, components, findings)
    return plan ? [plan] : []
  })
}

function readSource(
  name: string,
  given: Record<string, unknown>,
  component: SourceComponent,
  batchUs: number,
  components: Components,
  findings: Findings,
): SourcePlan | undefined {
  const path = ['sources', name]
  const written: Written = new Map()
  const { type: _, time, decode, tags, ...rest } = given
  const isOwn = ([key]: [string, unknown]) =>
    Object.hasOwn(sourceEntries, key) && !Object.hasOwn(component.options, key)
  const entries = Object.entries(rest)

  const own = findings.read(v.strictObject(sourceEntries), Object.fromEntries(entries.filter(isOwn)), path)
  const options = findings.read(
    v.strictObject(component.options),
    Object.fromEntries(entries.filter((entry) => !isOwn(entry))),
    path,
    { place: 'source', further: [...Object.keys(inputEntries), ...Object.keys(sourceEntries)] },
  )
  const problemsBefore = findings.problems.length
  const common = readInput({ time, decode, tags }, path, components, findings, written)
  if (!options) readInputsBelow(rest, path, components, findings)
  const inputs = options
    ? readInputs(component, options, common, given, path, components, findings, written, problemsBefore)
    : []
  if (!own || !inputs) return
  // Offline, a source may need what was left unread; then nothing more can be told of it.
  const finite = options !== undefined && component.finite(options as never)
  checkInputs(inputs, finite, path, components, findings, written)
  return {
    name,
    type: component.type,
    options: options ?? {},
    inputs,
    finite,
    waitUs: own.wait,
    idleUs: own.idle ?? Math.max(3 * batchUs, IDLE_MIN_US),
    aheadUs: own.ahead,
    forgetUs: own.forget,
    maxLatencyUs: own.maxLatency ?? batchUs,
    arrivalErrorUs: own.arrivalError,
    maxFrameBytes: own.maxFrameBytes,
  }
}

/** Inputs of topics and the like, where the source's own options are wrong: their problems are to be told at once too. */
function readInputsBelow(given: unknown, path: Path, components: Components, findings: Findings): void {
  if (Array.isArray(given))
    for (const [i, item] of given.entries()) readInputsBelow(item, [...path, i], components, findings)
  else if (isMap(given)) {
    const { time, decode, tags, ...rest } = given
    readInput({ time, decode, tags }, path, components, findings, new Map())
    for (const [key, item] of Object.entries(rest)) readInputsBelow(item, [...path, key], components, findings)
  }
}

function readInputs(
  component: SourceComponent,
  options: object,
  common: CommonInput,
  given: object,
  path: Path,
  components: Components,
  findings: Findings,
  written: Written,
  problemsBefore: number,
): InputPlan[] | undefined {
  const taken = new Set<unknown>()
  // A wrong part is noted with its place and left out, so that the component goes on and all problems come at once.
  const parse = (raw: RawInput): CommonInput =>
    readInput(raw, placeOf(raw, given, path, taken) ?? path, components, findings, written)
  const inputs = component.inputs(options as never, common, parse)
  if (typeof inputs !== 'string') return inputs
  if (findings.problems.length === problemsBefore) findings.add(path, inputs)
}

function checkInputs(
  inputs: InputPlan[],
  finite: boolean,
  path: Path,
  components: Components,
  findings: Findings,
  written: Written,
): void {
  for (const input of inputs) {
    const why = codecProblem(input, components)
    if (why) findings.add(written.get(input.decode) ?? [...path, 'decode'], why)
    const byArrival = input.time.kind === 'arrival' || input.time.missing === 'arrival'
    if (finite && byArrival)
      findings.add(
        written.get(input.time) ?? [...path, 'time'],
        'cannot time a finite source by arrival: its samples did not arrive when they were taken; write time: { path: …, unit: … }',
      )
  }
}

/** Where in `given` the map lies that `raw` was taken from; each map once. */
function placeOf(raw: RawInput, given: unknown, path: Path, taken: Set<unknown>): Path | undefined {
  if (Array.isArray(given)) return firstOf(given.map((item, i) => () => placeOf(raw, item, [...path, i], taken)))
  if (!isMap(given)) return
  const keys = ['time', 'decode', 'tags'] as const
  if (path.length > 2 && !taken.has(given) && keys.every((key) => raw[key] === given[key])) {
    taken.add(given)
    return path
  }
  const below = Object.entries(given).filter(([key]) => path.length > 2 || !keys.includes(key as 'time'))
  return firstOf(
    below.map(
      ([key, item]) =>
        () =>
          placeOf(raw, item, [...path, key], taken),
    ),
  )
}

function firstOf<T>(attempts: (() => T | undefined)[]): T | undefined {
  for (const attempt of attempts) {
    const found = attempt()
    if (found !== undefined) return found
  }
}
