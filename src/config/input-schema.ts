import * as v from 'valibot'
import { isZone } from '../memory/zone.js'
import type { TimePlan, TimeUnit } from '../model/plan.js'

const says = v.description
const UNITS: TimeUnit[] = ['s', 'ms', 'us', 'ns', 'iso']
const RATE_HZ = 'samples a second, above 0, at most 10000000'
const RATE = `${RATE_HZ}, or the path that tells them`
const path = v.pipe(v.string(), v.nonEmpty('a path in the payload'), v.metadata({ allowed: 'a path in the payload' }))

const timeEntries = {
  path: v.optional(v.pipe(path, says('Where the time is in the payload. Needed, unless `clock` stands for it.'))),
  unit: v.optional(
    v.pipe(v.picklist(UNITS), says('Its unit since 1970, or iso for a date and time as text. Needed with `path`.')),
  ),
  or: v.optional(
    v.pipe(
      v.picklist(['arrival', 'reject']),
      says('What to do with a row that has no time: count it invalid, or take its arrival.'),
    ),
    'reject',
  ),
  zone: v.optional(
    v.pipe(
      v.string(),
      v.check(isZone, 'a time zone such as UTC or Europe/Berlin'),
      v.metadata({ allowed: 'a time zone such as UTC or Europe/Berlin' }),
      says('Time zone of iso times that do not say theirs; without it such a row is invalid.'),
    ),
  ),
  rate: v.optional(
    v.pipe(
      v.union([v.number(), v.string()]),
      v.check((hz) => (typeof hz === 'string' ? hz !== '' : hz > 0 && hz <= 1e7), RATE),
      v.metadata({ allowed: RATE }),
      says('Samples a second of arrays that come with one time, or with none (`clock`).'),
    ),
  ),
  clock: v.optional(
    v.pipe(
      v.picklist(['samples']),
      says(
        "Payloads hold no time: samples are counted, and the sensor's own clock is found from when payloads arrive. Takes `rate`, its nominal samples a second, and `counter`.",
      ),
    ),
  ),
  counter: v.optional(
    v.pipe(
      path,
      says('With `clock`: where the payload tells the number of its first sample, so that what is lost moves no time.'),
    ),
  ),
}

type TimeKeys = v.InferOutput<v.ObjectSchema<typeof timeEntries, undefined>>
type TimeIssue = { key: keyof TimeKeys; message: string }

/** What is wrong with the keys of `time` together. */
function timeIssues(time: TimeKeys): TimeIssue[] {
  const issues: TimeIssue[] = []
  const cannot = (key: keyof TimeKeys, message: string) => issues.push({ key, message: `cannot ${message}` })
  if (time.clock) {
    for (const key of ['path', 'unit', 'zone'] as const)
      if (time[key] !== undefined)
        cannot(key, `use \`${key}\` with \`clock\`: the payload's own time or the sensor's clock tells it; remove one`)
    if (time.or === 'arrival') cannot('or', 'use `or` with `clock`: every sample has a time; remove it')
    if (typeof time.rate !== 'number')
      cannot('rate', `do without a number for \`rate\`: the sensor's clock starts from it; allowed: ${RATE_HZ}`)
    return issues
  }
  if (time.path === undefined) cannot('path', 'do without `path`: it is missing; allowed: a path in the payload')
  if (time.unit === undefined) cannot('unit', `do without \`unit\`: it is missing; allowed: ${UNITS.join(' | ')}`)
  if (time.counter !== undefined) cannot('counter', 'use `counter` here: it goes with `clock: samples`; remove it')
  if (time.zone !== undefined && time.unit !== undefined && time.unit !== 'iso')
    cannot('zone', 'use `zone` here: only times as text need one; write unit: iso, or remove it')
  return issues
}

function timePlan(time: TimeKeys): TimePlan {
  if (time.clock)
    return {
      kind: 'clock',
      rateHz: Number(time.rate),
      ...(time.counter !== undefined && { counterPath: time.counter }),
    }
  return {
    kind: 'path',
    path: time.path ?? '',
    unit: time.unit ?? 'us',
    missing: time.or,
    ...(time.zone !== undefined && { zone: time.zone }),
    ...(typeof time.rate === 'number' && { rateHz: time.rate }),
    ...(typeof time.rate === 'string' && { ratePath: time.rate }),
  }
}

/** `time:` of a source or topic. */
export const timeSchema = v.pipe(
  v.union([v.literal('arrival'), v.strictObject(timeEntries)]),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value === 'arrival') return
    const input = dataset.value
    for (const { key, message } of timeIssues(input))
      addIssue({ message, path: [{ type: 'object', origin: 'value', input, key, value: input[key] }] })
  }),
  v.transform((time): TimePlan => (time === 'arrival' ? { kind: 'arrival' } : timePlan(time))),
  v.metadata({ allowed: 'arrival, or { path, unit, or, zone, rate }, or { clock, rate, counter }' }),
)

/** Tags that weir sets itself. */
export const OWN_TAGS = ['gateway', 'source']
/** The name of a tag. */
export const tagName = v.pipe(
  v.string(),
  v.regex(/^[\w.-]{1,64}$/, 'cannot take this name of a tag; allowed: 1 to 64 of the characters A-Z a-z 0-9 _ . -'),
  v.check(
    (name) => !OWN_TAGS.includes(name),
    `cannot set the tags ${OWN_TAGS.join(' and ')}: weir sets them itself; choose another name`,
  ),
  v.metadata({ allowed: '1 to 64 of the characters A-Z a-z 0-9 _ . -' }),
)

const PAYLOAD_PATH = /^\{\.(.+)\}$/s

const tagValue = v.pipe(
  v.union([v.string(), v.number(), v.boolean()]),
  v.transform(String),
  v.check(
    (text) => text !== '' && (PAYLOAD_PATH.test(text) || !/[{}]/.test(text)),
    'a text, or "{.path}" for a value of the payload',
  ),
)

/** `tags:` of a source or topic. */
export const tagsSchema = v.pipe(
  v.record(tagName, tagValue),
  v.transform((tags) => {
    const payloadTags: Record<string, string> = {}
    const constantTags: Record<string, string> = {}
    for (const [name, text] of Object.entries(tags)) {
      const path = PAYLOAD_PATH.exec(text)?.[1]
      if (path === undefined) constantTags[name] = text
      else payloadTags[name] = path
    }
    return { payloadTags, constantTags }
  }),
  v.metadata({ allowed: 'a map of name: text, or name: "{.path}" for a value of the payload' }),
)
