import { CODEC_JSON } from '../../assembly/layout.js'
import type { CodecComponent, CodecInput } from '../model/codec.js'
import { bug } from '../model/errors.js'
import { declaredFields, type FieldChoice, fieldNames, fieldOptions, type PathField, samplesOption } from './fields.js'
import { parsePath, pathName, type Step } from './json-path.js'
import { type Wanted, writeTree } from './json-tree.js'

/** As MOST_TAGS of the decoder. */
const MOST_TAGS = 15

/** JSON: an object is a row, an array of objects its rows. */
export const json: CodecComponent<FieldChoice> = {
  type: 'json',
  summary: 'JSON (RFC 8259): an object, an array of objects, or an object of arrays (`samples`)',
  options: { ...fieldOptions, ...samplesOption },
  check(options, input) {
    const plan = planOf(options, input)
    return typeof plan === 'string' ? plan : undefined
  },
  compile(options, input, arena) {
    const plan = planOf(options, input)
    if (typeof plan === 'string') bug(`a JSON input was compiled that did not pass its check: ${plan}`)
    return {
      codec: CODEC_JSON,
      own: writeTree(
        plan.wanted,
        {
          isOpen: !plan.fields.length,
          parse: options.strings === 'parse',
          arrays: plan.fields.some(({ samples }) => samples),
        },
        arena,
      ),
      fields: plan.fields,
    }
  },
  fieldNames: (options) => fieldNames(options, pathName),
}

function planOf(options: FieldChoice, input: CodecInput): { fields: PathField[]; wanted: Wanted[] } | string {
  const fields = declaredFields(options, pathName)
  if (typeof fields === 'string') return fields
  if (fields.some(({ samples }) => samples) && input.timePath === undefined && !input.hasClock)
    return 'cannot time the elements of `samples`: the payload has no time; write time: { path: …, unit: …, rate: … }, a path that names an array of times, or time: { clock: samples, rate: … }'
  const { timePath, ratePath, counterPath, tagPaths, sequencePath } = input
  if (tagPaths.length > MOST_TAGS)
    return `cannot take ${tagPaths.length} tags from the payload: at most ${MOST_TAGS}; make some of them constants or levels of the topic`

  const wanted: Wanted[] = []
  const add = (path: string, role: Partial<Wanted>): string | undefined => {
    const steps = parsePath(path)
    if (typeof steps === 'string') return steps
    wanted.push({ steps, ...role })
  }
  const problem =
    firstProblem(fields.map(({ path }, field) => add(path, { field }))) ??
    firstProblem(tagPaths.map((path, tag) => add(path, { tag }))) ??
    (timePath === undefined ? undefined : add(timePath, { time: true })) ??
    (sequencePath === undefined ? undefined : add(sequencePath, { sequence: true })) ??
    (ratePath === undefined ? undefined : add(ratePath, { rate: true })) ??
    (counterPath === undefined ? undefined : add(counterPath, { counter: true })) ??
    samePath(wanted)
  return problem ?? { fields, wanted }
}

const firstProblem = (problems: (string | undefined)[]) => problems.find((problem) => problem !== undefined)

function samePath(wanted: Wanted[]): string | undefined {
  for (const role of ['field', 'tag'] as const) {
    const seen = new Set<string>()
    for (const { steps } of wanted.filter((one) => one[role] !== undefined)) {
      const key = JSON.stringify(steps)
      if (seen.has(key)) return `cannot take two ${role}s from the path \`${written(steps)}\`; leave one out`
      seen.add(key)
    }
  }
}

const written = (steps: Step[]) =>
  steps.map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i ? '.' : ''}${step}`)).join('')
