import { type Counts, NO_COUNTS, type Sample } from './decode-rig.js'

/** What the reference knows of an input: paths as steps; times are ms at `ts`. */
export interface ReferenceInput {
  fields?: { name: string; steps: (string | number)[]; map?: Record<string, number> }[]
  tags?: (string | number)[][]
}

type Outcome = { samples: Sample[]; counts: Counts }

const NULLS = ['', 'null', 'nan', 'none', 'unavailable']

/** What decoding a JSON payload must give, by JSON.parse: slow and plain. */
export function referenceJson(text: string, input: ReferenceInput): Outcome {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return { samples: [], counts: { ...NO_COUNTS, undecodable: 1 } }
  }
  if (typeof document !== 'object' || document === null)
    return { samples: [], counts: { ...NO_COUNTS, undecodable: 1 } }

  const samples: Sample[] = []
  let invalid = 0
  let filtered = 0
  for (const row of Array.isArray(document) ? document.filter(isObject) : [document]) {
    const taken = rowSamples(row, input)
    const timeUs = timeOf(at(row, ['ts']))
    invalid += taken.invalid + (timeUs === undefined ? taken.found : 0)
    filtered += taken.filtered
    if (timeUs === undefined) continue
    const device = (input.tags ?? []).map((steps) => tagText(at(row, steps))).join('|')
    for (const [field, value] of taken.values) samples.push({ device, field, timeUs, value })
  }
  if (samples.length + invalid === 0) return { samples, counts: { ...NO_COUNTS, filtered: 1 } }
  const samplesDecoded = samples.length + invalid + filtered
  return {
    samples,
    counts: { ...NO_COUNTS, decoded: 1, samplesDecoded, samplesInvalid: invalid, samplesFiltered: filtered },
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function at(value: unknown, steps: (string | number)[]): unknown {
  for (const step of steps) {
    if (typeof step === 'number' ? !Array.isArray(value) : !isObject(value)) return undefined
    if (!Object.hasOwn(value as object, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

function rowSamples(row: unknown, { fields, tags = [] }: ReferenceInput) {
  const taken = { values: new Map<string, number>(), found: 0, invalid: 0, filtered: 0 }
  if (!fields) {
    const skip = [['ts'], ...tags].map((steps) => JSON.stringify(steps))
    flatten(row, [], skip, taken)
    return taken
  }
  for (const { name, steps, map } of fields) {
    const value = at(row, steps)
    if (value === undefined) continue
    if (value === null) taken.filtered++
    else if (typeof value === 'boolean') taken.values.set(name, Number(value))
    else if (typeof value === 'number' && Number.isFinite(value)) taken.values.set(name, value)
    else if (typeof value !== 'string') taken.invalid++
    else if (map && Object.hasOwn(map, value)) taken.values.set(name, map[value])
    else if (NULLS.includes(value.toLowerCase())) taken.filtered++
    else taken.invalid++
  }
  taken.found = taken.values.size
  return taken
}

function flatten(
  value: unknown,
  path: string[],
  skip: string[],
  taken: { values: Map<string, number>; found: number; invalid: number },
) {
  if (isObject(value)) for (const key of Object.keys(value)) flatten(value[key], [...path, key], skip, taken)
  if ((typeof value !== 'number' && typeof value !== 'boolean') || skip.includes(JSON.stringify(path))) return
  const name = clean(path.join('_'))
  const bytes = Buffer.byteLength(name)
  if (bytes === 0 || bytes > 255 || !Number.isFinite(Number(value))) taken.invalid++
  else {
    taken.found++
    // The later of two equal names takes its place at the end.
    taken.values.delete(name)
    taken.values.set(name, Number(value))
  }
}

/** Whole ms in a number; anything else is no time here. */
function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value * 1000) > 2 ** 53 - 1) return undefined
  return value * 1000
}

function tagText(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return ''
  return clean(String(value))
}

/** Control characters as spaces, lone surrogates as U+FFFD. */
function clean(text: string): string {
  return [...text.replace(/\p{Surrogate}/gu, '\ufffd')].map((c) => (c < ' ' ? ' ' : c)).join('')
}

/** The sample with its device's numbers written alike: JSON.parse does not tell how they were written. */
export function alike(sample: Sample): Sample {
  const parts = sample.device
    .split('|')
    .map((part) => (/^-?\d/.test(part) && !Number.isNaN(Number(part)) ? String(Number(part)) : part))
  return { ...sample, device: parts.join('|') }
}
