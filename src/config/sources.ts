import * as v from 'valibot'
import type { Components } from '../model/components.js'
import { type ConditionsPlan, type InputPlan, mayUseArrival, type SourcePlan } from '../model/plan.js'
import type { CommonInput, RawInput, SourceComponent } from '../model/source.js'
import type { Findings } from './findings.js'
import { checkNames, codecProblems, readInput, type Written } from './input.js'
import { isMap, type Path } from './path.js'
import { inputEntries, sourceEntries } from './source-schema.js'

const IDLE_MIN_US = 1e6

/** What reading a source needs besides its keys. */
interface Scope {
  path: Path
  components: Components
  findings: Findings
  written: Written
}

/** The section `sources` as plans; what is wrong is noted and left out. */
export function readSources(raw: unknown, batchUs: number, components: Components, findings: Findings): SourcePlan[] {
  return findings.section(raw, 'sources', 'a source', true).flatMap(([name, given]) => {
    const path = ['sources', name]
    const component = findings.component(given, components.sources, path)
    if (!component) return []
    const plan = readSource(name, given, component, batchUs, { path, components, findings, written: new Map() })
    return plan ? [plan] : []
  })
}

function readSource(
  name: string,
  given: Record<string, unknown>,
  component: SourceComponent,
  batchUs: number,
  scope: Scope,
): SourcePlan | undefined {
  const { path, findings } = scope
  const { type: _, ...rest } = given
  const raw: RawInput = {}
  for (const key of Object.keys(inputEntries) as (keyof RawInput)[]) {
    raw[key] = rest[key]
    delete rest[key]
  }
  const isCommon = ([key]: [string, unknown]) =>
    Object.hasOwn(sourceEntries, key) && !Object.hasOwn(component.options, key)
  const entries = Object.entries(rest)

  const own = findings.read(v.strictObject(sourceEntries), Object.fromEntries(entries.filter(isCommon)), path)
  const options = findings.read(
    v.strictObject(component.options),
    Object.fromEntries(entries.filter((entry) => !isCommon(entry))),
    path,
    { place: 'source', further: [...Object.keys(inputEntries), ...Object.keys(sourceEntries)] },
  )
  // Problems of topics and the like are told at once with those of the source itself.
  if (!options) readInputsBelow(given, scope)
  const inputs = options ? readInputs(component, options, raw, given, scope) : []
  checkNames(given.unit, [...path, 'unit'], findings)
  if (!own || !inputs) return
  // Offline, a source may need what was left unread; then nothing more can be told of it.
  const finite = options !== undefined && component.finite(options as never)
  checkInputs(inputs, finite, scope)
  return {
    name,
    type: component.type,
    options: options ?? {},
    inputs,
    finite,
    units: own.unit,
    expectUs: own.expect ?? 0,
    waitUs: own.wait,
    idleUs: own.idle ?? Math.max(3 * batchUs, IDLE_MIN_US),
    aheadUs: own.ahead,
    forgetUs: own.forget,
    maxLatencyUs: own.maxLatency ?? batchUs,
    arrivalErrorUs: own.arrivalError,
    maxFrameBytes: own.maxFrameBytes,
  }
}

function readInputsBelow(given: unknown, scope: Scope): void {
  const below = (item: unknown, key: string | number) => readInputsBelow(item, { ...scope, path: [...scope.path, key] })
  if (Array.isArray(given)) given.forEach(below)
  else if (isMap(given)) {
    readInput(given, scope.path, scope.components, scope.findings, scope.written)
    for (const [key, item] of Object.entries(given)) if (!Object.hasOwn(inputEntries, key)) below(item, key)
  }
}

function readInputs(
  component: SourceComponent,
  options: object,
  raw: RawInput,
  given: object,
  { path, components, findings, written }: Scope,
): InputPlan[] | undefined {
  const problemsBefore = findings.problems.length
  const common = readInput(raw, path, components, findings, written)
  const taken = new Set<unknown>()
  // A wrong part is noted with its place and left out, so that the component goes on and all problems come at once.
  const parse = (entry: RawInput): CommonInput =>
    readInput(entry, placeOf(entry, given, path, taken) ?? path, components, findings, written)
  const inputs = component.inputs(options as never, common, parse)
  if (typeof inputs !== 'string') return inputs.map((input) => withCommon(input, common))
  if (findings.problems.length === problemsBefore) findings.add(path, inputs)
}

/** What an input says goes before what its source says. */
function withCommon(input: InputPlan, { conditions, sequence }: CommonInput): InputPlan {
  const both = (own: ConditionsPlan, further: ConditionsPlan): ConditionsPlan => ({
    calibrate: [...own.calibrate, ...further.calibrate],
    valid: [...own.valid, ...further.valid],
    deadband: [...own.deadband, ...further.deadband],
  })
  const merged = input.conditions && conditions ? both(input.conditions, conditions) : (input.conditions ?? conditions)
  const numbered = input.sequence ?? sequence
  return { ...input, ...(merged && { conditions: merged }), ...(numbered && { sequence: numbered }) }
}

function checkInputs(inputs: InputPlan[], finite: boolean, { path, components, findings, written }: Scope): void {
  for (const input of inputs) {
    for (const why of codecProblems(input, components))
      findings.add(written.get(input.decode) ?? [...path, 'decode'], why)
    if (finite && mayUseArrival(input.time))
      findings.add(
        written.get(input.time) ?? [...path, 'time'],
        'cannot time a finite source by arrival: its samples did not arrive when they were taken; write time: { path: …, unit: … }',
      )
  }
}

/** Where below the source the map lies that a component handed to `parse`: of several alike the next, when asked again the same. */
function placeOf(entry: RawInput, given: unknown, path: Path, taken: Set<unknown>): Path | undefined {
  // A component may stand in for what an entry lacks, such as a default codec.
  const keys = Object.keys(inputEntries) as (keyof RawInput)[]
  const fits = (item: Record<string, unknown>) =>
    keys.some((key) => item[key] !== undefined) &&
    keys.every((key) => item[key] === undefined || item[key] === entry[key])
  const fitting: { item: unknown; at: Path }[] = []
  const search = (item: unknown, at: Path): void => {
    if (Array.isArray(item)) for (const [i, next] of item.entries()) search(next, [...at, i])
    if (!isMap(item)) return
    if (at.length > path.length && fits(item)) fitting.push({ item, at })
    for (const [key, next] of Object.entries(item)) if (!Object.hasOwn(inputEntries, key)) search(next, [...at, key])
  }
  search(given, path)
  const found = fitting.find(({ item }) => !taken.has(item)) ?? fitting.at(0)
  if (found) taken.add(found.item)
  return found?.at
}
