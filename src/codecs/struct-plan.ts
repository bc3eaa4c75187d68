import { type Crc, crcs } from '../memory/crc.js'
import type { CodecInput } from '../model/codec.js'
import { isFloat, namesOf, type Part, type StructOptions } from './struct-fields.js'
import { Placing } from './struct-placing.js'

/** As that of the decoder. */
const MOST_TAGS = 15
/** As its largest frame. */
const MOST_BYTES = 2 ** 26

/** A struct, ready to be written for the decoder. */
export interface StructPlan {
  /** Bytes of a payload, but for what fills the rest. */
  fixedBytes: number
  /** Of an element or row of what fills the rest. */
  repeatBytes: number
  /** Samples, in order. */
  fields: Part[]
  tags: Part[]
  time?: Part
  rate?: Part
  counter?: Part
  sequence?: Part
  crc?: { crc: Crc; big: boolean; at?: number; from: number; to?: number }
}

/** Where everything stands, or all that is wrong. */
export function planStruct(options: StructOptions, input: CodecInput): StructPlan | string[] {
  const placing = new Placing(options.endian)
  for (const [i, entry] of options.fields.entries()) placing.add(entry, i)
  const { parts, problems, repeatBytes } = placing
  const check = options.crc === undefined ? undefined : crcs.find(({ name }) => name === options.crc)
  const isAtEnd = options.crcAt === undefined
  const fixedBytes = placing.endBytes + (check && isAtEnd ? check.bytes : 0)
  if (fixedBytes > MOST_BYTES)
    problems.push(`cannot read payloads of ${fixedBytes} bytes: at most ${MOST_BYTES}; lower \`count\` or \`at\``)
  problems.push(...crcProblems(options, check, fixedBytes))

  const roles = new Roles(parts, problems)
  const { timePath, ratePath, counterPath, sequencePath, tagPaths } = input
  const time = timePath === undefined ? undefined : roles.take('the time', timePath)
  const rate = ratePath === undefined ? undefined : roles.one('the rate', ratePath)
  const counter = counterPath === undefined ? undefined : roles.one('the counter', counterPath)
  const sequence = sequencePath === undefined ? undefined : roles.one('the number of messages', sequencePath)
  const tags = tagPaths.flatMap((path) => roles.tag(path) ?? [])
  if (tagPaths.length > MOST_TAGS)
    problems.push(
      `cannot take ${tagPaths.length} tags from the payload: at most ${MOST_TAGS}; make some of them constants`,
    )
  if (input.timeUnit === 'iso')
    problems.push('cannot read the time as iso: a struct holds numbers; write unit: s, ms, us or ns')

  const fields = parts.filter((part) => !roles.taken.has(part))
  if (!fields.length && !problems.length)
    problems.push('cannot take samples: every field is a time, a tag or the like; name one more')
  problems.push(...arrayProblems(fields, time, input, placing.placeOf))
  if (problems.length) return problems
  return {
    fixedBytes,
    repeatBytes,
    fields,
    tags,
    ...(time && { time }),
    ...(rate && { rate }),
    ...(counter && { counter }),
    ...(sequence && { sequence }),
    ...(check && {
      crc: {
        crc: check,
        big: (options.crcOrder ?? check.order) === 'big',
        from: options.crcFrom ?? (options.crcAt === 0 ? check.bytes : 0),
        ...(options.crcAt !== undefined && { at: options.crcAt }),
        ...(options.crcTo !== undefined && { to: options.crcTo }),
      },
    }),
  }
}

/** Finds the parts that are no samples. */
class Roles {
  readonly taken = new Set<Part>()

  constructor(
    private readonly parts: readonly Part[],
    private readonly problems: string[],
  ) {}

  take(what: string, path: string): Part | undefined {
    const part = this.parts.find(({ name }) => name === path)
    if (part) this.taken.add(part)
    else this.problems.push(`cannot take ${what} from \`${path}\`: no field is named so; got: ${namesOf(this.parts)}`)
    return part
  }

  one(what: string, path: string): Part | undefined {
    const part = this.take(what, path)
    if (part && part.count !== 0)
      this.problems.push(`cannot take ${what} from \`${path}\`: it is an array; name a field of one value`)
    return part
  }

  tag(path: string): Part | undefined {
    const part = this.one('a tag', path)
    if (part && (isFloat(part.type) || part.scale !== 1 || part.offset !== 0))
      this.problems.push(
        `cannot take a tag from \`${path}\`: it is no whole number; name an integer without scale and offset`,
      )
    return part
  }
}

function arrayProblems(
  fields: readonly Part[],
  time: Part | undefined,
  { timePath, hasRate, hasClock }: CodecInput,
  placeOf: ReadonlyMap<Part, number>,
): string[] {
  const arrays = fields.filter(({ count }) => count !== 0)
  if (!arrays.length) {
    if (time && time.count !== 0)
      return [`cannot take the time from \`${time.name}\`: it is an array, and no field is; name a field of one value`]
    return hasRate ? ['cannot use `rate`: no field is an array; remove it, or write `count`'] : []
  }
  const names = arrays.map(({ name }) => `\`${name}\``).join(', ')
  if (hasClock) return []
  if (timePath === undefined)
    return [
      `cannot time the elements of ${names}: the payload has no time; write time: { path: …, unit: …, rate: … }, or time: { clock: samples, rate: … }`,
    ]
  if (!time) return []
  if (time.count === 0)
    return hasRate ? [] : [`cannot time the elements of ${names}: one time and no rate; write \`rate\` in \`time\``]
  const isAlike = (part: Part) =>
    part.count === time.count && (part.count !== 'rest' || placeOf.get(part) === placeOf.get(time))
  return arrays
    .filter((part) => !isAlike(part))
    .map(
      ({ name, count }) =>
        `cannot time the elements of \`${name}\` by \`${time.name}\`: ${count} values and ${time.count} times; give both the same \`count\``,
    )
}

function crcProblems(
  { crc, crcOrder, crcAt, crcFrom, crcTo }: StructOptions,
  check: Crc | undefined,
  fixedBytes: number,
): string[] {
  if (!check) {
    const lone = Object.entries({ crcOrder, crcAt, crcFrom, crcTo }).find(([, value]) => value !== undefined)
    return crc === undefined && lone
      ? [`cannot use \`${lone[0]}\`: there is no \`crc\`; write which one, or remove it`]
      : []
  }
  const at = crcAt ?? fixedBytes - check.bytes
  if (at + check.bytes > fixedBytes)
    return [
      `cannot find the check at byte ${at}: a payload has ${fixedBytes} bytes at least; make room for it by \`skip: ${check.bytes}\``,
    ]
  const from = crcFrom ?? (crcAt === 0 ? check.bytes : 0)
  const to = crcTo ?? (crcAt === undefined ? at : fixedBytes)
  if (to > fixedBytes || from > to || (crcTo !== undefined && from === to))
    return [
      `cannot check bytes ${from} to ${to}: a payload has ${fixedBytes} bytes at least; see \`crcFrom\` and \`crcTo\``,
    ]
  if (from < at + check.bytes && to > at)
    return [
      `cannot check the check itself: it stands at byte ${at}; write \`crcFrom\` and \`crcTo\` so that they leave it out`,
    ]
  return []
}
