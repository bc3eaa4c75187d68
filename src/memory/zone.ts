const FROM_MS = Date.UTC(1970, 0, 1)
const TO_MS = Date.UTC(2101, 0, 1)
const STEP_MS = 7 * 86_400_000

/** Whether the name is a time zone that this system knows, as `Europe/Berlin` or `UTC`. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/**
 * The zone's offsets from 1970 to 2100 as rows of ZONE_BYTES (ZONE_FROM and ZONE_OFFSET, both µs): what it was in 1970
 * holds before, too, and what it is in 2100 ever after. A local time that comes twice is the first of the two, since a
 * row begins where the old offset's clock ends; one that is left out is counted on by the old offset. Takes about 15 ms.
 * Throws a RangeError for a name that is no zone.
 */
export function zoneTable(name: string): Float64Array {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  const offsetMs = (ms: number) => parseOffsetMs(format.format(ms))

  let offset = offsetMs(FROM_MS)
  const rows = [Number.NEGATIVE_INFINITY, offset * 1000]
  for (let ms = FROM_MS; ms < TO_MS; ms += STEP_MS) {
    const until = ms + STEP_MS
    let next = offsetMs(until)
    for (let from = ms; next !== offset; next = offsetMs(until)) {
      let after = until
      while (after - from > 1000) {
        const middle = Math.floor((from + after) / 2000) * 1000
        if (offsetMs(middle) === offset) from = middle
        else after = middle
      }
      const changed = offsetMs(after)
      rows.push((after + Math.max(offset, changed)) * 1000, changed * 1000)
      offset = changed
      from = after
    }
  }
  return Float64Array.from(rows)
}

/** The same offsets by UTC: rows of ZONE_BYTES whose ZONE_FROM is the moment of a change, µs since the epoch. */
export function utcTable(name: string): Float64Array {
  const local = zoneTable(name)
  // A row begins, by local clocks, at the change as the clock shows it that is ahead of the other.
  return local.map((value, i) => (i % 2 === 1 || i === 0 ? value : value - Math.max(local[i - 1]!, local[i + 1]!)))
}

// The end of `1/1/1970, GMT-00:44:30`; `GMT` alone is none.
function parseOffsetMs(text: string): number {
  const match = /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text)
  if (!match) return 0
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)
  return (match[1] === '-' ? -seconds : seconds) * 1000
}
