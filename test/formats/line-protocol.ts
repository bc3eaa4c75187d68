/** What an independent reader makes of a line: a strict parser after InfluxDB's documentation, sharing no code with the format. */
export interface ParsedLine {
  measurement: string
  tags: Map<string, string>
  fields: Map<string, { value: number; integer: boolean }>
  time: bigint
}

/** Cuts at unescaped separators; a backslash takes the next character with it. */
function cut(text: string, separator: string): string[] {
  const parts = ['']
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && i + 1 < text.length) parts[parts.length - 1] += text[i++] + text[i]
    else if (text[i] === separator) parts.push('')
    else parts[parts.length - 1] += text[i]
  }
  return parts
}

/** Cuts as readers do that count a run of backslashes: an even run escapes nothing. */
function cutByRuns(text: string, separator: string): string[] {
  const parts = ['']
  let run = 0
  for (const c of text) {
    if (c === separator && run % 2 === 0) parts.push('')
    else parts[parts.length - 1] += c
    run = c === '\\' ? run + 1 : 0
  }
  return parts
}

/** Cuts as readers do that look at one character back only. */
function cutByLast(text: string, separator: string): string[] {
  const parts = ['']
  for (let i = 0; i < text.length; i++) {
    if (text[i] === separator && text[i - 1] !== '\\') parts.push('')
    else parts[parts.length - 1] += text[i]
  }
  return parts
}

function agreed(text: string, separator: string): string[] {
  const parts = cut(text, separator)
  for (const other of [cutByRuns(text, separator), cutByLast(text, separator)])
    if (JSON.stringify(other) !== JSON.stringify(parts)) throw new Error(`readers disagree on ${JSON.stringify(text)}`)
  return parts
}

const plain = (text: string, special: string): string => {
  let out = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && special.includes(text[i + 1] ?? '\n')) i++
    out += text[i]
  }
  return out
}

function pair(text: string): [string, string] {
  const parts = agreed(text, '=')
  if (parts.length !== 2 || parts.some((part) => part === '')) throw new Error(`no pair: ${JSON.stringify(text)}`)
  return [parts[0], parts[1]]
}

/** Throws on whatever is not exactly one line with tags, fields and time. */
export function parseLine(line: string): ParsedLine {
  const sections = agreed(line, ' ')
  if (sections.length !== 3) throw new Error(`${sections.length} sections: ${JSON.stringify(line)}`)
  const [head, fieldText, timeText] = sections
  const [measurement, ...tagTexts] = agreed(head, ',')
  if (measurement === '' || /^[#\s]/.test(line)) throw new Error(`no measurement: ${JSON.stringify(line)}`)
  const tags: ParsedLine['tags'] = new Map()
  for (const [name, value] of tagTexts.map(pair)) tags.set(plain(name, ',= '), plain(value, ',= '))
  const fields: ParsedLine['fields'] = new Map()
  for (const [name, value] of agreed(fieldText, ',').map(pair)) {
    if (/(^|[^\\])"/.test(name)) throw new Error(`open quote: ${JSON.stringify(name)}`)
    if (!/^-?\d+(\.\d+)?(e[+-]\d+)?i?$/.test(value)) throw new Error(`no number: ${JSON.stringify(value)}`)
    fields.set(plain(name, ',= "'), { value: Number(value.replace('i', '')), integer: value.endsWith('i') })
  }
  if (!/^-?\d+$/.test(timeText)) throw new Error(`no time: ${JSON.stringify(timeText)}`)
  return { measurement: plain(measurement, ', '), tags, fields, time: BigInt(timeText) }
}

/** What a hostile name is documented to become: control characters as in JSON, a backslash that would escape as U+FF3C. */
export function tamed(name: string): string {
  let out = ''
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    const next = name[i + 1]
    const short: Record<number, string> = { 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r' }
    if (code < 32 || code === 127) out += short[code] ?? `\\u${code.toString(16).padStart(4, '0')}`
    else if (name[i] === '\\' && (next === undefined || ',= "'.includes(next))) out += '\uff3c'
    else out += name[i]
  }
  return out
}
