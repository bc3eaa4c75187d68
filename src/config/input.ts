import * as v from 'valibot'
import { codecInput } from '../model/codec.js'
import type { Components } from '../model/components.js'
import type { InputPlan } from '../model/plan.js'
import type { CommonInput, RawInput } from '../model/source.js'
import { UNHOLDABLE } from './condition-schema.js'
import type { Findings } from './findings.js'
import { isMap, type Path } from './path.js'
import { inputEntries } from './source-schema.js'

/** Where the parts of inputs were written, so that a later check can name the place. */
export type Written = Map<object, Path>

/** Reads the keys of an input as found at `path`; what is wrong is noted and left out. */
export function readInput(
  raw: RawInput,
  path: Path,
  components: Components,
  findings: Findings,
  written: Written,
): CommonInput {
  const { time, tags, calibrate, valid, deadband, sequence } = findings.readKeys(inputEntries, given(raw), path, {})
  for (const key of ['calibrate', 'valid', 'deadband'] as const) checkNames(raw[key], [...path, key], findings)
  const decode =
    raw.decode === undefined ? undefined : readDecode(raw.decode, [...path, 'decode'], components, findings)
  if (decode) written.set(decode, [...path, 'decode'])
  if (time) written.set(time, [...path, 'time'])
  if (sequence) written.set(sequence, [...path, 'sequence'])
  const conditions = { calibrate: calibrate ?? [], valid: valid ?? [], deadband: deadband ?? [] }
  return {
    ...(time && { time }),
    ...(decode && { decode }),
    ...((calibrate || valid || deadband) && { conditions }),
    ...(sequence && { sequence }),
    payloadTags: tags?.payloadTags ?? {},
    constantTags: tags?.constantTags ?? {},
  }
}

/** Only the keys of an input that are there: components may hand over a whole entry. */
const given = (raw: RawInput): Record<string, unknown> =>
  Object.fromEntries(
    (Object.keys(inputEntries) as (keyof RawInput)[]).flatMap((key) =>
      raw[key] === undefined ? [] : [[key, raw[key]]],
    ),
  )

/** Maps by field are read without these names, which must not go unsaid. */
export function checkNames(map: unknown, path: Path, findings: Findings): void {
  if (!isMap(map)) return
  for (const name of UNHOLDABLE)
    if (Object.hasOwn(map, name))
      findings.add(
        [...path, name],
        `cannot name the field \`${name}\` here; write it with a glob, as \`${name.slice(0, -1)}?\``,
      )
}

function readDecode(
  raw: unknown,
  path: Path,
  { codecs }: Components,
  findings: Findings,
): InputPlan['decode'] | undefined {
  if (!isMap(raw)) {
    const first = codecs[0]?.type ?? 'json'
    findings.add(
      path,
      `cannot read \`decode\`: not a map; got ${findings.got(raw, path)}; allowed: a map such as { type: ${first} }`,
    )
    return
  }
  const codec = findings.component(
    raw,
    codecs.filter(({ internal }) => !internal),
    path,
  )
  if (!codec) return
  const { type: _, ...own } = raw
  const options = findings.read(v.strictObject(codec.options), own, path, { place: 'decode' })
  return options && { type: codec.type, options }
}

/** What the codec says against an input. */
export function codecProblems(input: InputPlan, { codecs }: Components): readonly string[] {
  const codec = codecs.find(({ type }) => type === input.decode.type)
  const { time, payloadTags, sequence } = input
  return [codec?.check(input.decode.options as never, codecInput(time, payloadTags, sequence)) ?? []].flat()
}
