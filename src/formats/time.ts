const DAY_US = 86_400_000_000
/** What a Date can hold: 100 million days around the epoch. */
const LIMIT_US = 1e8 * DAY_US

/** µs since the epoch as ISO 8601 in UTC with all six digits: `2024-01-01T00:00:00.000000Z`. Outside what ISO holds: the number. */
export function isoTime(timeUs: number): string {
  if (Math.abs(timeUs) > LIMIT_US) return String(timeUs)
  const ms = Math.floor(timeUs / 1000)
  const restUs = timeUs - ms * 1000
  return `${new Date(ms).toISOString().slice(0, -1)}${String(restUs).padStart(3, '0')}Z`
}
