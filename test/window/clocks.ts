const MINUTE_US = 60e6
const formats = new Map<string, Intl.DateTimeFormat>()
const shown = new Map<string, number>()

/** What the clocks of a zone show at a minute, as µs since 1970-01-01 00:00 there. */
function clockUs(zone: string, minute: number): number {
  const key = `${zone} ${minute}`
  let us = shown.get(key)
  if (us === undefined) {
    const options = { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' } as const
    const format = formats.get(zone) ?? new Intl.DateTimeFormat('sv-SE', options)
    formats.set(zone, format)
    us = Date.parse(`${format.format(minute * 60_000).replace(' ', 'T')}Z`) * 1000
    shown.set(key, us)
  }
  return us
}

/** Whether a window begins with this minute: the clocks show a multiple of `everyUs`, or jumped over one just now. */
function begins(zone: string, minute: number, everyUs: number, offsetUs: number): boolean {
  const now = clockUs(zone, minute) - offsetUs
  const before = clockUs(zone, minute - 1) + MINUTE_US - offsetUs
  return now % everyUs === 0 || Math.floor(now / everyUs) > Math.floor(before / everyUs)
}

/** The calendar window that holds a time, found minute by minute; windows of whole minutes only. */
export function windowInZone(zone: string, timeUs: number, everyUs: number, offsetUs: number) {
  let first = Math.floor(timeUs / MINUTE_US)
  while (!begins(zone, first, everyUs, offsetUs)) first--
  let end = Math.floor(timeUs / MINUTE_US) + 1
  while (!begins(zone, end, everyUs, offsetUs)) end++
  return { startUs: first * MINUTE_US, endUs: end * MINUTE_US }
}
