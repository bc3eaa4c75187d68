import type { Device } from '../model/points.js'
import type { Format } from '../model/sink.js'
import { isoTime } from './time.js'

const CACHE = 'ndjson'

function tagsOf({ cache, tags }: Device): string {
  let text = cache.get(CACHE)
  if (text === undefined) {
    text = `{${tags.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
    cache.set(CACHE, text)
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
    const head = `{"time":"${isoTime(points.timeUs)}","measurement":${JSON.stringify(points.measurement)},"tags":`
    let text = ''
    for (let i = 0; i < points.lines; i++) {
      text += `${head + tagsOf(points.device[i])},"fields":{`
      for (let f = points.firstField[i]; f < points.firstField[i + 1]; f++) {
        const { cache, name } = points.field[f]
        let prefix = cache.get(CACHE)
        if (prefix === undefined) cache.set(CACHE, (prefix = `${JSON.stringify(name)}:`))
        text += (f > points.firstField[i] ? `,${prefix}` : prefix) + points.value[f]
      }
      text += points.correction[i] ? '},"correction":true}\n' : '}}\n'
    }
    return text
  },
}
