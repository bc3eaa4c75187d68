import { type Crc, crcs } from '../memory/crc.js'
import type { CodecInput } from '../model/codec.js'

/** Types of numbers, in the order of PART_U8 and so on. */
export const TYPES = ['u8', 'i8', 'u16', 'i16', 'u24', 'i24', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64'] as const
export type Type = (typeof TYPES)[number]
export const INTEGER_TYPES = 'u8 to i64'

/** As MOST_TAGS and LONGEST_NAME_BYTES of the decoder. */
const MOST_TAGS = 15
const LONGEST_NAME_BYTES = 255
/** As its largest frame. */
const MOST_BYTES = 2 ** 26

type Order = 'little' | 'big'

/** A field as configured, or bytes that are skipped. */
export interface FieldOptions {
  name?: string
  type?: Type
  endian?: Order
  scale: number
  offset: number
  at?: number | string
  bits?: [from: number, length: number]
  skip?: number
}

/** An entry of `fields`: a field, an array, or rows of several. */
export interface EntryOptions extends FieldOptions {
  count?: number | 'rest'
  rows?: FieldOptions[]
}

/** Options of `struct`, parsed. */
export interface StructOptions {
  endian: Order
  fields: EntryOptions[]
  crc?: string
  crcOrder?: Order
  crcAt?: number
  crcFrom?: number
  crcTo?: number
}

/** A number or an array of them in the payload. */
export interface Part {
  name: string
  type: Type
  at: number
  /** 0 = one value. */
  count: number | 'rest'
  strideBytes: number
  shift: number
  /** 0 = the whole integer. */
  bits: number
  scale: number
  offset: number
  big: boolean
}

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
  crc?: { crc: Crc; big: boolean; at?: number; from: number; to?: number }
}

export const bytesOf = (type: Type): number => Number(type.slice(1)) / 8
const isFloat = (type: Type) => type.startsWith('f')

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
  const { timePath, ratePath, counterPath, tagPaths } = input
  const time = timePath === undefined ? undefined : roles.take('the time', timePath)
  const rate = ratePath === undefined ? undefined : roles.one('the rate', ratePath)
  const counter = counterPath === undefined ? undefined : roles.one('the counter', counterPath)
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

/** Gives entries their places, one behind the other, and notes what is wrong. */
class Placing {
  readonly parts: Part[] = []
  readonly problems: string[] = []
  /** Entry by part, so that arrays can be told to be of the same rows. */
  readonly placeOf = new Map<Part, number>()
  repeatBytes = 0
  /** Behind the last byte that is placed. */
  endBytes = 0
  readonly #endian: Order
  readonly #names = new Set<string>()
  #next = 0
  #rest: string | undefined

  constructor(endian: Order) {
    this.#endian = endian
  }

  add(entry: EntryOptions, index: number): void {
    const label = labelOf(entry, `entry ${index + 1} of \`fields\``)
    if (this.#rest !== undefined) {
      this.#cannot(
        `place ${label} behind ${this.#rest}, which fills the rest of the payload: nothing tells where that ends; put it in front`,
      )
      return
    }
    if (entry.skip !== undefined) this.#skip(entry, label)
    else if (entry.rows) this.#rows(entry, entry.rows, index, label)
    else this.#field(entry, index, label)
  }

  #field(entry: EntryOptions, index: number, label: string): void {
    const { count = 0 } = entry
    const part = this.#part(entry, label, this.#start(entry, label, this.parts, this.#next), count, 0)
    if (part) this.#place([part], index, part.at, bytesOf(part.type), count, label)
  }

  #skip(entry: EntryOptions, label: string): void {
    const others = Object.keys(entry).filter((key) => !['skip', 'scale', 'offset'].includes(key))
    if (others.length) this.#cannot(`skip ${label} with \`${others[0]}\`: skipped bytes mean nothing; remove one`)
    this.#next += entry.skip ?? 0
    this.endBytes = Math.max(this.endBytes, this.#next)
  }

  #rows(entry: EntryOptions, rows: FieldOptions[], index: number, label: string): void {
    for (const key of ['name', 'type', 'endian', 'bits'] as const)
      if (entry[key] !== undefined) this.#cannot(`give ${label} a \`${key}\`: its \`rows\` have their own; remove it`)
    if (entry.count === undefined) {
      this.#cannot(`read the rows of ${label}: how many is not said; write count: a number, or count: rest`)
      return
    }
    const start = this.#start(entry, label, this.parts, this.#next)
    const parts: Part[] = []
    let next = 0
    let rowBytes = 0
    for (const [i, field] of rows.entries()) {
      const fieldLabel = labelOf(field, `entry ${i + 1} of the rows of ${label}`)
      const at = field.skip === undefined ? this.#start(field, fieldLabel, parts, next) : next
      const part = field.skip === undefined ? this.#part(field, fieldLabel, at, entry.count, 0) : undefined
      if (part) parts.push(part)
      next = at + (field.skip ?? (part ? bytesOf(part.type) : 0))
      rowBytes = Math.max(rowBytes, next)
    }
    for (const part of parts) {
      part.at += start
      part.strideBytes = rowBytes
    }
    if (rowBytes) this.#place(parts, index, start, rowBytes, entry.count, label)
  }

  #place(parts: Part[], index: number, at: number, bytes: number, count: number | 'rest', label: string): void {
    for (const part of parts) this.placeOf.set(part, index)
    this.parts.push(...parts)
    if (count === 'rest') {
      if (at < this.endBytes)
        this.#cannot(
          `let ${label} fill the rest from byte ${at} on: other fields reach to byte ${this.endBytes}; place it behind them`,
        )
      this.#rest = label
      this.repeatBytes = bytes
      this.#next = at
    } else this.#next = at + bytes * (count || 1)
    this.endBytes = Math.max(this.endBytes, this.#next)
  }

  #part(field: FieldOptions, label: string, at: number, count: number | 'rest', shift: number): Part | undefined {
    const { name, type, scale, offset } = field
    if (name === undefined)
      this.#cannot(`take ${label}: it has no \`name\`; write { name, type }, { skip } or { rows, count }`)
    else if (this.#names.has(name))
      this.#cannot(`name two fields \`${name}\`: their samples would mix; give one a new name`)
    else if (Buffer.byteLength(name) > LONGEST_NAME_BYTES)
      this.#cannot(`name a field \`${name.slice(0, 40)}…\`: at most ${LONGEST_NAME_BYTES} bytes`)
    if (name !== undefined) this.#names.add(name)
    if (type === undefined) this.#cannot(`read ${label}: it has no \`type\`; allowed: ${TYPES.join(' ')}`)
    if (name === undefined || type === undefined) return undefined
    let bits = 0
    if (field.bits) {
      const width = bytesOf(type) * 8
      const [from, length] = field.bits
      if (isFloat(type)) this.#cannot(`take bits of ${label}: it is a ${type}; allowed: integers, ${INTEGER_TYPES}`)
      else if (from + length > width)
        this.#cannot(`take bits ${from} to ${from + length - 1} of ${label}: a ${type} has bits 0 to ${width - 1}`)
      shift = from
      bits = length === width ? 0 : length
    }
    const most = isFloat(type) ? 1 : 2 ** (bytesOf(type) * 8)
    if (!Number.isFinite(most * scale + offset) || !Number.isFinite(most * -scale + offset))
      this.#cannot(`scale ${label} by ${scale}: its greatest values would be infinite; lower \`scale\` or \`offset\``)
    const big = (field.endian ?? this.#endian) === 'big'
    return { name, type, at, count, strideBytes: bytesOf(type), shift, bits, scale, offset, big }
  }

  #start({ at }: FieldOptions, label: string, parts: readonly Part[], next: number): number {
    if (typeof at !== 'string') return at ?? next
    const known = parts.find(({ name }) => name === at)
    if (!known) this.#cannot(`place ${label} at \`${at}\`: no field before it is named so; got: ${namesOf(parts)}`)
    return known?.at ?? next
  }

  #cannot(text: string): void {
    this.problems.push(`cannot ${text}`)
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

const labelOf = ({ name }: FieldOptions, otherwise: string) => (name === undefined ? otherwise : `\`${name}\``)
const namesOf = (parts: readonly Part[]) => parts.map(({ name }) => name).join(', ') || 'none'

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
