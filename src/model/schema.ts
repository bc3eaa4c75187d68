import * as v from 'valibot'

/** Metadata keys that the configuration's printer, documentation and redaction read. */
export const SECRET = 'secret'

const UNIT_US: Record<string, number> = { us: 1, ms: 1e3, s: 1e6, min: 6e7, m: 6e7, h: 3.6e9, d: 8.64e10 }

/** A duration as text to µs, or undefined: `250ms`, `1.5s`, `10min`, `1h`, `7d`, `0`. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  const match = /^(\d+(?:\.\d+)?)\s*(us|ms|s|min|m|h|d)$/.exec(text)
  return match ? Math.round(Number(match[1]) * UNIT_US[match[2]]) : undefined
}

/** µs as the shortest text that `parseDuration` reads. */
export function durationText(us: number): string {
  for (const unit of ['d', 'h', 'min', 's', 'ms'])
    if (us && us % UNIT_US[unit] === 0) return `${us / UNIT_US[unit]}${unit}`
  return us === 0 ? '0' : `${us}us`
}

/** A duration such as `250ms`; the outcome is in µs. Bounds are durations too. */
export function duration(bounds: { min?: string; max?: string } = {}) {
  const min = bounds.min === undefined ? 0 : parseDuration(bounds.min)!
  const max = bounds.max === undefined ? 1e17 : parseDuration(bounds.max)!
  const allowed = `a duration such as 250ms, 10s, 5min, 1h or 7d${bounds.min ? `, at least ${bounds.min}` : ''}${bounds.max ? `, at most ${bounds.max}` : ''}`
  return v.pipe(
    v.union([v.string(), v.literal(0)], allowed),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const us = parseDuration(String(dataset.value))
      if (us === undefined || us < min || us > max) {
        addIssue({ message: allowed })
        return NEVER
      }
      return us
    }),
    v.metadata({ allowed, jsonType: 'string' }),
  )
}

/** A size such as `64KiB` or `10MB`; the outcome is in bytes. */
export function byteSize(bounds: { min?: number; max?: number } = {}) {
  const { min = 1, max = 2 ** 40 } = bounds
  const allowed = 'a size such as 64KiB, 128MiB or 10MB'
  const unit: Record<string, number> = {
    '': 1,
    B: 1,
    kB: 1e3,
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    KiB: 1024,
    MiB: 2 ** 20,
    GiB: 2 ** 30,
  }
  return v.pipe(
    v.union([v.string(), v.number()], allowed),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(String(dataset.value))
      const bytes = match && match[2] in unit ? Math.round(Number(match[1]) * unit[match[2]]) : Number.NaN
      if (!(bytes >= min && bytes <= max)) {
        addIssue({ message: `${allowed}, from ${min} to ${max} bytes` })
        return NEVER
      }
      return bytes
    }),
    v.metadata({ allowed, jsonType: 'string' }),
  )
}

/** Text that is never printed. */
export function secret() {
  return v.pipe(
    v.string('text'),
    v.metadata({ [SECRET]: true, allowed: 'text, best given as ${env:NAME} or ${credential:NAME}' }),
  )
}
