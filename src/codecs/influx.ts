import * as v from 'valibot'
import {
  INFLUX_ALL_TAGS,
  INFLUX_BYTES,
  INFLUX_FIRST,
  INFLUX_MEASUREMENT,
  INFLUX_NODES,
  INFLUX_NODES_END,
  INFLUX_OPEN,
  INFLUX_PARSE,
  INFLUX_SEQUENCE,
  INFLUX_TAGS,
  INFLUX_TAGS_LENGTH,
  INFLUX_TIMED,
  WANTED_BYTES,
  WANTED_NAME,
  WANTED_NAME_BYTES,
  WANTED_TAG,
} from '../../assembly/decode/influx-layout.js'
import * as node from '../../assembly/decode/json-layout.js'
import { CODEC_INFLUX, NONE } from '../../assembly/layout.js'
import type { Arena, CodecComponent, CodecInput } from '../model/codec.js'
import { bug } from '../model/errors.js'
import { declaredFields, type FieldChoice, fieldNames, fieldOptions, type PathField } from './fields.js'

/** Options of `influx`, parsed. */
export interface InfluxOptions extends Omit<FieldChoice, 'samples'> {
  /** Name of the tag that the measurement becomes; false: of none. */
  measurement: string | false
  /** Tags that are taken; without it all. */
  tags?: string[]
}

/** As MOST_TAGS of the decoder. */
const MOST_TAGS = 15
/** What a line's time is called, as in InfluxDB's answers. */
const TIME = 'time'

const tagName = v.pipe(v.string('a name'), v.minLength(1, 'a name'), v.maxBytes(255, 'a name of at most 255 bytes'))
const measurementText = 'false, or the name of a tag: 1 to 64 of the characters A-Z a-z 0-9 _ . -'

/** InfluxDB's line protocol, as Telegraf and others send it: a line is a row. */
export const influx: CodecComponent<InfluxOptions> = {
  type: 'influx',
  summary:
    "InfluxDB's line protocol, a line a row: `measurement,tag=value field=value time`. A line's time is the path `time`, its unit the sender's precision",
  options: {
    measurement: v.optional(
      v.pipe(
        v.union([v.literal(false), v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/))], measurementText),
        v.metadata({ allowed: measurementText }),
        v.description('The tag that the measurement becomes; false: none, so that equal fields of several mix.'),
      ),
      'measurement',
    ),
    tags: v.optional(
      v.pipe(
        v.array(tagName, 'a list of names'),
        v.description(
          'Which tags of a line are tags of its series; without it all. One whose name is taken already is called payload_NAME.',
        ),
      ),
    ),
    ...fieldOptions,
  },
  check(options, input) {
    const problem = planOf(options, input)
    return typeof problem === 'string' ? problem : undefined
  },
  compile(options, input, arena) {
    const plan = planOf(options, input)
    if (typeof plan === 'string') bug(`an input of line protocol was compiled that did not pass its check: ${plan}`)
    const { fields } = plan
    const own = arena.alloc(INFLUX_BYTES)
    const set = (offset: number, value: number) => {
      arena.u32[(own + offset) / 4] = value
    }
    const keys = [...new Set([...fields.map(({ path }) => path), ...(input.sequencePath ? [input.sequencePath] : [])])]
    const nodes = writeNodes(keys, fields, arena)
    set(INFLUX_NODES, nodes)
    set(INFLUX_NODES_END, nodes + keys.length * node.NODE_BYTES)
    set(INFLUX_FIRST, keys.length ? nodes : 0)
    set(INFLUX_OPEN, fields.length ? 0 : 1)
    set(INFLUX_PARSE, options.strings === 'parse' ? 1 : 0)
    if (input.sequencePath) set(INFLUX_SEQUENCE, nodes + keys.indexOf(input.sequencePath) * node.NODE_BYTES)
    const measurement = options.measurement === false ? [] : [options.measurement]
    const listed = options.tags ?? []
    set(INFLUX_MEASUREMENT, measurement.length ? input.tagPaths.length : NONE)
    const places = [
      ...input.tagPaths.map((name, i): [string, number] => [name, i]),
      ...listed.map((name, i): [string, number] => [name, input.tagPaths.length + measurement.length + i]),
    ]
    set(INFLUX_TAGS, writeWanted(places, arena))
    set(INFLUX_TAGS_LENGTH, places.length)
    set(INFLUX_ALL_TAGS, options.tags ? 0 : 1)
    set(INFLUX_TIMED, input.timePath === undefined ? 0 : 1)
    return {
      codec: CODEC_INFLUX,
      own,
      fields,
      ownTagNames: [...measurement, ...listed],
      furtherTags: !options.tags,
    }
  },
  fieldNames: (options) => fieldNames(options, (path) => path),
}

function planOf(options: InfluxOptions, input: CodecInput): { fields: PathField[] } | string {
  const { timePath, timeUnit, tagPaths } = input
  if (timePath !== undefined && timePath !== TIME)
    return `cannot take the time from "${timePath}": a line has its time at its end; write time: { path: time, unit: … }, or time: arrival`
  if (timeUnit === 'iso') return 'cannot read an iso time: the time of a line is a number; write unit: s, ms, us or ns'
  if (input.hasClock)
    return 'cannot count the samples of line protocol: it has no arrays; take the time from the line, or use time: arrival'
  if (input.hasRate) return 'cannot use `rate`: line protocol has no arrays; remove it'
  const tags = [...tagPaths, ...(options.tags ?? [])]
  const count = tags.length + (options.measurement === false ? 0 : 1)
  if (count > MOST_TAGS)
    return `cannot take ${count} tags by name, the measurement's among them: at most ${MOST_TAGS}; leave out \`tags\` of the codec to take all`
  const twice = tags.find((tag, i) => tags.indexOf(tag) !== i)
  if (twice !== undefined) return `cannot take the tag "${twice}" twice; remove one`
  if (options.measurement !== false && options.tags?.includes(options.measurement))
    return `cannot name two tags "${options.measurement}": the measurement's is called so; choose another name for \`measurement\``
  const fields = declaredFields(options, (path) => path)
  if (typeof fields === 'string') return fields
  const paths = fields.map(({ path }) => path)
  const same = paths.find((path, i) => paths.indexOf(path) !== i)
  if (same !== undefined) return `cannot take two fields from "${same}"; leave one out`
  return { fields }
}

function writeNodes(keys: string[], fields: PathField[], arena: Arena): number {
  const list = arena.alloc(keys.length * node.NODE_BYTES)
  for (const [i, key] of keys.entries()) {
    const at = list + i * node.NODE_BYTES
    const set = (offset: number, value: number) => {
      arena.u32[(at + offset) / 4] = value
    }
    const plain = arena.text(key)
    // Other ways to escape it are told by the decoder's slower way.
    const written = arena.text(`${key.replace(/[,= ]/g, '\\$&')}=`)
    const patternBytes = Math.min(written.bytes, 16)
    arena.u8.copyWithin(at + node.NODE_PATTERN, written.address, written.address + patternBytes)
    arena.u8.fill(0xff, at + node.NODE_MASK, at + node.NODE_MASK + patternBytes)
    set(node.NODE_KEY, plain.address)
    set(node.NODE_KEY_BYTES, plain.bytes)
    set(node.NODE_WRITTEN, written.address)
    set(node.NODE_WRITTEN_BYTES, written.bytes)
    set(node.NODE_NEXT, i + 1 < keys.length ? at + node.NODE_BYTES : 0)
    const field = fields.findIndex(({ path }) => path === key)
    set(node.NODE_FIELD, field < 0 ? NONE : field)
  }
  return list
}

function writeWanted(places: [name: string, tag: number][], arena: Arena): number {
  const list = arena.alloc(places.length * WANTED_BYTES)
  for (const [i, [name, tag]] of places.entries()) {
    const at = list + i * WANTED_BYTES
    const text = arena.text(name)
    arena.u32[(at + WANTED_NAME) / 4] = text.address
    arena.u32[(at + WANTED_NAME_BYTES) / 4] = text.bytes
    arena.u32[(at + WANTED_TAG) / 4] = tag
  }
  return list
}
