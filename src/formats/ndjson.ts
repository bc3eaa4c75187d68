import type { Device, Points } from '../model/points.js'
import type { Format } from '../model/sink.js'
import { isoTime } from './time.js'

const CACHE = 'ndjson'

/** A device's tags as a JSON object. */
export function tagsJson({ cache, tags }: Device): string {
  let text = cache.get(CACHE)
  if (text === undefined) {
    text = `{${tags.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
    cache.set(CACHE, text)
  }
  return text
}

/** What the lines of a pane begin with. */
export const headJson = (points: Points): string =>
  `{"time":"${isoTime(points.timeUs)}","measurement":${JSON.stringify(points.measurement)},"tags":`

/** Fields [first, end) of `points` as the members of a JSON object. */
export function fieldsJson({ field, value }: Points, first: number, end: number): string {
  let text = ''
  for (let f = first; f < end; f++) {
    const { cache, name } = field[f]
    let prefix = cache.get(CACHE)
    if (prefix === undefined) cache.set(CACHE, (prefix = `${JSON.stringify(name)}:`))
    text += (f > first ? `,${prefix}` : prefix) + value[f]
  }
  return text
}

/**
 * One JSON object a line and point: `time` (ISO 8601, UTC, µs), `measurement`, `tags`, `fields`, and `correction: true`
 * where the line replaces one of the same time, measurement and tags.
 */
export const ndjson: Format = {
  type: 'ndjson',
  summary: 'one JSON object a point',
  header: '',
  encode(points) {
    const head = headJson(points)
    let text = ''
    for (let i = 0; i < points.lines; i++) {
      const fields = fieldsJson(points, points.firstField[i], points.firstField[i + 1])
      text += `${head}${tagsJson(points.device[i])},"fields":{${fields}${points.correction[i] ? '},"correction":true}\n' : '}}\n'}`
    }
    return Buffer.from(text)
  },
}
