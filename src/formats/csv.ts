import type { Device } from '../model/points.js'
import type { Format } from '../model/sink.js'
import { isoTime } from './time.js'

const CACHE = 'csv'

/** A cell by RFC 4180: quoted where it holds a comma, a quote or a line break. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const tagWord = (text: string): string => text.replace(/[\\;=]/g, '\\$&')

// `gateway` and `source` stand on every point and get columns of their own.
function cellsOf({ cache, tags }: Device): string {
  let text = cache.get(CACHE)
  if (text === undefined) {
    const own = tags.filter(([name]) => name !== 'gateway' && name !== 'source')
    const packed = own.map(([name, value]) => `${tagWord(name)}=${tagWord(value)}`).join(';')
    const of = (wanted: string) => tags.find(([name]) => name === wanted)?.[1] ?? ''
    text = `${[of('gateway'), of('source'), packed].map(csvCell).join(',')},`
    cache.set(CACHE, text)
  }
  return text
}

/**
 * Tidy CSV: one row a field, so that windows of different fields go into one file. Columns: time (ISO 8601, UTC, µs),
 * measurement, gateway, source, tags (`name=value` joined by `;`, with a backslash before `\`, `;` and `=` inside), field,
 * value.
 */
export const csv: Format = {
  type: 'csv',
  summary: 'CSV with a header, one row a field',
  header: 'time,measurement,gateway,source,tags,field,value\n',
  encode(points) {
    const head = `${isoTime(points.timeUs)},${csvCell(points.measurement)},`
    let text = ''
    for (let i = 0; i < points.lines; i++) {
      const start = head + cellsOf(points.device[i])
      for (let f = points.firstField[i]; f < points.firstField[i + 1]; f++) {
        const { cache, name } = points.field[f]
        let cell = cache.get(CACHE)
        if (cell === undefined) cache.set(CACHE, (cell = `${csvCell(name)},`))
        text += `${start + cell + points.value[f]}\n`
      }
    }
    return Buffer.from(text)
  },
}
