import * as v from 'valibot'
import {
  COLUMN_BYTES,
  COLUMN_FIELD,
  COLUMN_IGNORED,
  COLUMN_INDEX,
  COLUMN_KIND,
  COLUMN_NAME,
  COLUMN_NAME_BYTES,
  COLUMN_SEQUENCE,
  COLUMN_TAG,
  COLUMN_TIME,
  COLUMN_UNDECLARED,
  CSV_BYTES,
  CSV_COMMENT,
  CSV_DELIMITER,
  CSV_LAYOUT,
  LAYOUT_COLUMNS,
  LAYOUT_LIST,
  LAYOUT_QUICK,
} from '../../assembly/decode/csv-layout.js'
import { CODEC_CSV } from '../../assembly/layout.js'
import type { CodecComponent, CodecInput } from '../model/codec.js'
import { bug } from '../model/errors.js'
import { declaredFields, type FieldChoice, fieldNames, fieldOptions, type PathField } from './fields.js'

/** Options of `csv`, parsed. */
export interface CsvOptions extends Pick<FieldChoice, 'fields' | 'map'> {
  /** One ASCII character. */
  delimiter: string
  header: boolean
  columns?: string[]
  /** One ASCII character that comment lines begin with. */
  comment?: string
}

/** Bytes that layouts made from headers may take in all; devices that send ever new headers get no further. */
const MOST_LAYOUT_BYTES = 256 * 1024
const LONGEST_HEADER = 65536
/** As LONGEST_NAME_BYTES and MOST_TAGS of the decoder. */
const LONGEST_NAME_BYTES = 255
const MOST_TAGS = 15

const delimiterText = 'one character that is no letter, digit, quote, point, plus or minus, as , or ; or tab'
const commentText = 'one character that is no letter, digit or quote, as #'

/** Lines of values between delimiters; names come from the first line or from `columns`. */
export const csv: CodecComponent<CsvOptions> = {
  type: 'csv',
  summary: 'Lines of values between delimiters, with a header or names for the columns',
  options: {
    delimiter: v.optional(
      v.pipe(
        v.string(delimiterText),
        v.transform((text) => (text === 'tab' ? '\t' : text)),
        v.regex(/^[^\w".+\-\r\n\0\x80-\uffff]$/, delimiterText),
        v.description('What stands between two values: one character, or `tab`.'),
      ),
      ',',
    ),
    header: v.optional(
      v.pipe(v.boolean('true or false'), v.description('The first line of a file, port or topic names its columns.')),
      false,
    ),
    columns: v.optional(
      v.pipe(
        v.array(v.string(), 'a list of names'),
        v.minLength(1, 'a list of at least one name'),
        v.description('The names of the columns in order, where no header has them.'),
      ),
    ),
    comment: v.optional(
      v.pipe(
        v.string(commentText),
        v.regex(/^[^\w"\s\0\x80-\uffff]$/, commentText),
        v.description('The character that lines begin with which are no data.'),
      ),
    ),
    fields: fieldOptions.fields,
    map: fieldOptions.map,
  },
  check(options, input) {
    const plan = planOf(options, input)
    return typeof plan === 'string' ? plan : undefined
  },
  compile(options, input, arena) {
    const plan = planOf(options, input)
    if (typeof plan === 'string') bug(`a CSV input was compiled that did not pass its check: ${plan}`)
    const { fields, uses } = plan
    const own = arena.alloc(CSV_BYTES)

    function writeLayout(columns: string[]): number {
      const address = arena.alloc(LAYOUT_LIST + columns.length * COLUMN_BYTES)
      arena.u32[(address + LAYOUT_COLUMNS) / 4] = columns.length
      const seen = new Set<string>()
      columns.forEach((column, i) => {
        const at = (address + LAYOUT_LIST + i * COLUMN_BYTES) / 4
        const use = seen.has(column) ? undefined : uses.get(column)
        if (use) {
          arena.u32[at + COLUMN_KIND / 4] = use.kind
          arena.u32[at + COLUMN_INDEX / 4] = use.index
        } else if (!fields.length && column !== '' && !seen.has(column)) {
          const name = arena.text(column)
          arena.u32[at + COLUMN_KIND / 4] = COLUMN_UNDECLARED
          arena.u32[at + COLUMN_NAME / 4] = name.address
          arena.u32[at + COLUMN_NAME_BYTES / 4] = name.bytes
        } else arena.u32[at + COLUMN_KIND / 4] = COLUMN_IGNORED
        seen.add(column)
      })
      const kinds = columns.map((_, i) => arena.u32[(address + LAYOUT_LIST + i * COLUMN_BYTES + COLUMN_KIND) / 4])
      const isQuick = kinds.every((kind) => [COLUMN_FIELD, COLUMN_TIME, COLUMN_IGNORED].includes(kind))
      arena.u32[(address + LAYOUT_QUICK) / 4] = isQuick && fields.every(({ map }) => !map) ? 1 : 0
      return address
    }

    const layouts = new Map<string, number>()
    let left = MOST_LAYOUT_BYTES
    function layout(line: string): number | string {
      const known = layouts.get(line)
      if (known !== undefined) return known
      const columns = headerCells(line, options.delimiter)
      if (typeof columns === 'string') return columns
      const problem = missingColumn(columns, uses) ?? longName(columns)
      if (problem) return problem
      left -= columns.reduce((sum, column) => sum + COLUMN_BYTES + 80 + Buffer.byteLength(column), line.length)
      if (left < 0) return `cannot use the header: all headers so far take more than ${MOST_LAYOUT_BYTES} bytes`
      const address = writeLayout(columns)
      layouts.set(line, address)
      return address
    }

    arena.u32[(own + CSV_DELIMITER) / 4] = options.delimiter.charCodeAt(0)
    arena.u32[(own + CSV_COMMENT) / 4] = options.comment?.charCodeAt(0) ?? 0
    arena.u32[(own + CSV_LAYOUT) / 4] = options.columns ? writeLayout(options.columns) : 0
    return {
      codec: CODEC_CSV,
      own,
      fields,
      layout: options.columns ? undefined : layout,
    }
  },
  fieldNames: ({ fields, map }) => fieldNames({ fields, map, strings: 'skip' }, (path) => path),
}

interface ColumnUse {
  kind: number
  index: number
}

function planOf(
  options: CsvOptions,
  input: CodecInput,
): { fields: PathField[]; uses: Map<string, ColumnUse> } | string {
  const { delimiter, header, columns, comment } = options
  if (input.hasClock)
    return 'cannot count the samples of csv: it has no arrays; take the time from a column, or use time: arrival'
  if (input.hasRate) return 'cannot use `rate`: csv has no arrays; remove it'
  if (comment === delimiter)
    return `cannot tell comments from values: \`comment\` and \`delimiter\` are both "${comment}"; choose another`
  if (header && columns) return 'cannot use `columns` and `header: true` together; remove one of them'
  if (!header && !columns) return 'cannot tell the columns: write `header: true`, or list their names in `columns`'
  const { tagPaths, timePath, sequencePath } = input
  if (tagPaths.length > MOST_TAGS) return `cannot take ${tagPaths.length} tags from the payload: at most ${MOST_TAGS}`
  const fields = declaredFields({ fields: options.fields, map: options.map, strings: 'skip' }, (path) => path)
  if (typeof fields === 'string') return fields

  const only = (kind: number, column?: string): [string, ColumnUse][] =>
    column === undefined ? [] : [[column, { kind, index: 0 }]]
  const all: [string, ColumnUse][] = [
    ...fields.map(({ path }, index): [string, ColumnUse] => [path, { kind: COLUMN_FIELD, index }]),
    ...tagPaths.map((path, index): [string, ColumnUse] => [path, { kind: COLUMN_TAG, index }]),
    ...only(COLUMN_TIME, timePath),
    ...only(COLUMN_SEQUENCE, sequencePath),
  ]
  const twice = firstTwice(all.map(([column]) => column))
  if (twice !== undefined)
    return `cannot use column "${twice}" twice; it can be one field, one tag, the time or the message's number`
  const uses = new Map(all)
  if (!columns) return { fields, uses }
  const same = firstTwice(columns.filter((column) => column !== ''))
  if (same !== undefined)
    return `cannot tell columns apart: "${same}" is listed twice; an empty name passes a column over`
  return missingColumn(columns, uses) ?? longName(columns) ?? { fields, uses }
}

function firstTwice(names: string[]): string | undefined {
  const seen = new Set<string>()
  return names.find((name) => seen.size === seen.add(name).size)
}

function longName(columns: string[]): string | undefined {
  const long = columns.find((column) => Buffer.byteLength(column) > LONGEST_NAME_BYTES)
  return long && `cannot name a column "${long.slice(0, 40)}…": it is longer than ${LONGEST_NAME_BYTES} bytes`
}

function missingColumn(columns: string[], uses: Map<string, ColumnUse>): string | undefined {
  const there = new Set(columns)
  const missing = [...uses.keys()].find((column) => !there.has(column))
  if (missing === undefined) return undefined
  const got = columns.map((column) => `"${column}"`).join(', ')
  return `cannot find column "${missing}": got ${got.length > 500 ? `${got.slice(0, 500)}…` : got}`
}

// The names in a header line, unquoted and trimmed, or why it is none.
function headerCells(line: string, delimiter: string): string[] | string {
  if (line.length > LONGEST_HEADER) return `cannot read the header: it is longer than ${LONGEST_HEADER} characters`
  const stop = `\\x${delimiter.charCodeAt(0).toString(16).padStart(2, '0')}`
  const blanks = `[^\\S${stop}]*`
  const quoted = `"([^"]*(?:""[^"]*)*)"${blanks}`
  const cell = new RegExp(`${blanks}(?:${quoted}|([^${stop}"\\s][^${stop}]*)?)(?:${stop}|$)`, 'y')
  cell.lastIndex = line.startsWith('\ufeff') ? 1 : 0
  const cells: string[] = []
  for (;;) {
    const match = cell.exec(line)
    if (!match)
      return `cannot read the header: a quote is not closed before the delimiter; got ${JSON.stringify(line.slice(0, 200))}`
    cells.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim())
    if (!match[0].endsWith(delimiter)) return cells
  }
}
