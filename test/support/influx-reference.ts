import { isUtf8 } from 'node:buffer'
import { type Counts, NO_COUNTS, type Sample } from './decode-rig.js'

/** What the reference knows of an input of line protocol. */
export interface InfluxReference {
  /** Declared fields by their keys, none for every number. */
  fields?: { name: string; key: string; map?: Record<string, number> }[]
  /** Strings are numbers, too. */
  parse?: boolean
  /** Tags that have a place of their own, in order; `null` is the measurement. */
  places: (string | null)[]
  /** Further tags under their own names. */
  all: boolean
  /** Nanoseconds of a unit of time; absent: arrival, 5e15 µs. */
  unitNs?: bigint
}

interface Line {
  measurement: string
  tags: [string, string][]
  fields: [string, Value][]
  time?: string
}

type Value = { number: number } | { text: string } | { none: true }

const NULLS = ['', 'null', 'nan', 'none', 'unavailable']
const WORDS: Record<string, number> = {}
for (const word of ['t', 'T', 'true', 'True', 'TRUE']) WORDS[word] = 1
for (const word of ['f', 'F', 'false', 'False', 'FALSE']) WORDS[word] = 0

/** A line by regular expressions, a piece after the other; undefined: it is broken. Text is bytes as latin1. */
function parseLine(line: string): Line | undefined {
  let rest = line
  const eat = (pattern: RegExp): string | undefined => {
    const match = pattern.exec(rest)
    if (match) rest = rest.slice(match[0].length)
    return match?.[0]
  }
  const word = (pattern: RegExp, escapes: RegExp) => eat(pattern)?.replace(escapes, '$1') || undefined
  const measurement = word(/^(?:\\[, ]|[^, ])+/, /\\([, ])/g)
  const name = () => word(/^(?:\\[,= ]|[^,= ])+/, /\\([,= ])/g)
  if (!measurement) return undefined
  const tags: [string, string][] = []
  while (eat(/^,/)) {
    const key = name()
    if (!key || !eat(/^=/)) return undefined
    const value = name()
    if (!value || rest.startsWith('=')) return undefined
    tags.push([key, value])
  }
  if (!eat(/^[ \t]+/)) return undefined
  const fields: [string, Value][] = []
  do {
    const key = name()
    if (!key || !eat(/^=/)) return undefined
    const value = fieldValue(eat)
    if (!value) return undefined
    fields.push([key, value])
  } while (eat(/^,/))
  if (rest === '') return { measurement, tags, fields }
  if (!rest.startsWith(' ')) return undefined
  const time = /^[ \t]+(?:(-?\d+)[ \t]*)?$/.exec(rest)
  return time ? { measurement, tags, fields, ...(time[1] !== undefined && { time: time[1] }) } : undefined
}

function fieldValue(eat: (pattern: RegExp) => string | undefined): Value | undefined {
  const string = eat(/^"(?:\\["\\]|\\(?!["\\])|[^"\\])*"/)
  if (string !== undefined) return { text: string.slice(1, -1).replace(/\\(["\\])/g, '$1') }
  const bare = eat(/^[^, ]+/)
  if (bare === undefined) return undefined
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(bare)) return { number: Number(bare) }
  const whole = /^(?:(-?\d+)i|(\d+)u)$/.exec(bare)
  if (whole) {
    const number = Number(whole[1] ?? whole[2])
    return { number: Math.abs(number) <= (whole[1] === undefined ? 2 ** 64 : 2 ** 63) ? number : Number.NaN }
  }
  if (Object.hasOwn(WORDS, bare)) return { number: WORDS[bare] }
  return NULLS.includes(bare.toLowerCase()) ? { none: true } : undefined
}

/** What decoding a payload of lines must give. */
export function referenceInflux(payload: Uint8Array, input: InfluxReference): { samples: Sample[]; counts: Counts } {
  const counts: Counts = { ...NO_COUNTS }
  const samples: Sample[] = []
  const lines = Buffer.from(payload)
    .toString('latin1')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line !== '')
  if (!lines.length) return { samples, counts: { ...counts, filtered: 1 } }
  counts.in = lines.length - 1
  for (const whole of lines) {
    const line = whole.replace(/^[ \t]+/, '')
    const parsed = line === '' || line.startsWith('#') ? 'nothing' : parseLine(line)
    if (!parsed || (parsed !== 'nothing' && hasTagTwice(parsed, input))) counts.undecodable++
    else if (parsed === 'nothing') counts.filtered++
    else take(parsed, input, samples, counts)
  }
  return { samples, counts }
}

/** Of tags that nobody takes that does not matter. */
function hasTagTwice({ tags }: Line, { places, all }: InfluxReference): boolean {
  const names = tags.map(([name]) => name)
  const isTaken = (name: string) => all || places.some((place) => place !== null && latin1(place) === name)
  return names.some((name, i) => isTaken(name) && names.indexOf(name) !== i)
}

function take(line: Line, input: InfluxReference, samples: Sample[], counts: Counts): void {
  const { found, invalid: bad, filtered, values } = input.fields ? declared(line, input) : every(line, input)
  const timeUs = timeOf(line.time, input.unitNs)
  const device = deviceOf(line, input)
  const isBad = timeUs === undefined || device === undefined
  const invalid = bad + (isBad ? found : 0)
  if (!isBad) for (const [field, value] of values) samples.push({ device, field, timeUs, value })
  const taken = isBad ? 0 : values.size
  if (taken + invalid === 0) {
    counts.filtered++
    return
  }
  counts.decoded++
  counts.samplesDecoded += taken + invalid + filtered
  counts.samplesInvalid += invalid
  counts.samplesFiltered += filtered
}

function declared({ fields }: Line, input: InfluxReference) {
  const taken = { found: 0, invalid: 0, filtered: 0, values: new Map<string, number>() }
  for (const { name, key, map = {} } of input.fields ?? []) {
    const value = fields.findLast(([other]) => other === latin1(key))?.[1]
    if (!value) continue
    if ('none' in value) taken.filtered++
    else {
      const number = 'number' in value ? value.number : textValue(utf8(value.text), map, input.parse)
      if (number === null) taken.filtered++
      else if (number === undefined || !Number.isFinite(number)) taken.invalid++
      else taken.values.set(name, number)
    }
  }
  taken.found = taken.values.size
  return taken
}

/** A number, null for "there is none", or undefined. */
function textValue(text: string, map: Record<string, number>, parse = false): number | null | undefined {
  if (Object.hasOwn(map, text)) return map[text]
  if (parse && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text)
  if (NULLS.includes(text.toLowerCase())) return null
  if (parse && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true' ? 1 : 0
  return undefined
}

function every({ fields }: Line, input: InfluxReference) {
  const taken = { found: 0, invalid: 0, filtered: 0, values: new Map<string, number>() }
  for (const [key, value] of fields) {
    if ('none' in value) {
      taken.filtered++
      continue
    }
    const number = 'number' in value ? value.number : input.parse ? textValue(utf8(value.text), {}, true) : undefined
    if ('text' in value && (number === undefined || number === null || !Number.isFinite(number))) continue
    if (!Number.isFinite(number) || key.length > 255 || !isUtf8(Buffer.from(key, 'latin1'))) {
      taken.invalid++
      continue
    }
    taken.found++
    // The later of two equal names takes its place at the end.
    const name = utf8(spaced(key))
    taken.values.delete(name)
    taken.values.set(name, Number(number))
  }
  return taken
}

/** The decoder's key with `|` between its parts, or undefined where a tag can't be taken. */
function deviceOf({ measurement, tags }: Line, { places, all }: InfluxReference): string | undefined {
  const own = places.map((place) =>
    place === null ? measurement : (tags.find(([name]) => name === latin1(place))?.[1] ?? ''),
  )
  const further = all ? tags.filter(([name]) => !places.some((place) => place !== null && latin1(place) === name)) : []
  const parts = [...own, ...further.sort(([a], [b]) => (a < b ? -1 : 1)).flat()]
  if (parts.some((part) => part.length > 255 || !isUtf8(Buffer.from(part, 'latin1')))) return undefined
  return parts
    .map((part) => [...part].map((c) => (c < ' ' ? ' ' : c)).join(''))
    .map(utf8)
    .join('|')
}

function timeOf(text: string | undefined, unitNs: bigint | undefined): number | undefined {
  if (unitNs === undefined) return 5e15
  if (text === undefined) return undefined
  const ns = BigInt(text) * unitNs
  const us = ns / 1000n - (ns < 0n && ns % 1000n !== 0n ? 1n : 0n)
  return us <= BigInt(Number.MAX_SAFE_INTEGER) && us >= -BigInt(Number.MAX_SAFE_INTEGER) ? Number(us) : undefined
}

/** Control characters as spaces. */
const spaced = (text: string) => [...text].map((c) => (c < ' ' ? ' ' : c)).join('')
const utf8 = (text: string) => Buffer.from(text, 'latin1').toString()
const latin1 = (text: string) => Buffer.from(text).toString('latin1')
