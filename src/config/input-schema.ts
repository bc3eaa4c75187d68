import * as v from 'valibot'
import { isZone } from '../memory/zone.js'
import type { TimePlan, TimeUnit } from '../model/plan.js'

const says = v.description
const UNITS: TimeUnit[] = ['s', 'ms', 'us', 'ns', 'iso']
const path = v.pipe(v.string(), v.nonEmpty('a path in the payload'), v.metadata({ allowed: 'a path in the payload' }))

const timeEntries = {
  path: v.pipe(path, says('Where the time is in the payload.')),
  unit: v.pipe(v.picklist(UNITS), says('Its unit since 1970, or iso for a date and time as text.')),
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
      v.number(),
      v.check((hz) => hz > 0 && hz <= 1e7, 'samples a second, above 0, at most 10000000'),
      v.metadata({ allowed: 'samples a second, above 0, at most 10000000' }),
      says('Samples a second of arrays that come with one time.'),
    ),
  ),
}

/** `time:` of a source or topic. */
export const timeSchema = v.pipe(
  v.union([v.literal('arrival'), v.strictObject(timeEntries)]),
  v.check(
    (time) => time === 'arrival' || time.zone === undefined || time.unit === 'iso',
    'cannot use `zone` here: only times as text need one; write unit: iso, or remove it',
  ),
  v.transform(
    (time): TimePlan =>
      time === 'arrival'
        ? { kind: 'arrival' }
        : {
            kind: 'path',
            path: time.path,
            unit: time.unit,
            missing: time.or,
            ...(time.zone !== undefined && { zone: time.zone }),
            ...(time.rate !== undefined && { rateHz: time.rate }),
          },
  ),
  v.metadata({ allowed: 'arrival, or { path, unit, or, zone, rate }' }),
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
