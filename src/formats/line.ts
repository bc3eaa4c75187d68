import type { Format } from '../model/sink.js'

// Line protocol knows only `\` before `,` `=` space (and `"` in field names). Two things have no escape:
// - Control characters: a newline would begin a new line. They go out as in JSON: `\n`, `\u0000`.
// - A backslash before an escaped character or at the end: servers read `\\,` differently, InfluxDB's own scanners among
//   themselves too, so that a name could end the tag set. It becomes the full-width backslash U+FF3C, which looks alike.
// The first character of a line must not be `#`, which makes it a comment: it goes out as `\#`.

/** The place a name stands in: measurement, tag (name or value) or field name. */
export type Place = 'measurement' | 'tag' | 'field'

const special: Record<Place, RegExp> = { measurement: /[, ]/g, tag: /[,= ]/g, field: /[,= "]/g }
const harmless = /^[\w.:/-]+$/

/** A name as line protocol has it; nothing in it can end the name, the tag set or the line. */
export function escapeName(name: string, place: Place): string {
  if (harmless.test(name)) return name
  const text = name
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\x00-\x1f\x7f]/g, (c) => (c === '\x7f' ? '\\u007f' : JSON.stringify(c).slice(1, -1)))
    .replace(/\\(?=[,= "]|$)/g, '\uff3c')
    .replace(special[place], '\\$&')
  return place === 'measurement' && text.startsWith('#') ? `\\${text}` : text
}

const CACHE = 'line'

/** InfluxDB line protocol, times in ns, one line a point. Counts are integers (`5i`), all else is the shortest exact decimal. */
export const line: Format = {
  type: 'line',
  summary: 'InfluxDB line protocol, times in ns',
  header: '',
  encode(points) {
    const { device, field, value, firstField, lines } = points
    const measurement = escapeName(points.measurement, 'measurement')
    const end = ` ${points.timeUs}000\n`
    let text = ''
    for (let i = 0; i < lines; i++) {
      const { cache, tags } = device[i]
      let tagText = cache.get(CACHE)
      if (tagText === undefined) {
        tagText = `${tags.map(([name, v]) => `,${escapeName(name, 'tag')}=${escapeName(v, 'tag')}`).join('')} `
        cache.set(CACHE, tagText)
      }
      text += measurement + tagText
      const last = firstField[i + 1] - 1
      for (let f = firstField[i]; f <= last; f++) {
        const { cache: fieldCache, name, integer } = field[f]
        let prefix = fieldCache.get(CACHE)
        if (prefix === undefined) fieldCache.set(CACHE, (prefix = `${escapeName(name, 'field')}=`))
        text += prefix + value[f]
        if (integer) text += 'i'
        if (f < last) text += ','
      }
      text += end
    }
    return text
  },
}
