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
