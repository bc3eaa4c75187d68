import {
  bytesOf,
  type EntryOptions,
  type FieldOptions,
  INTEGER_TYPES,
  isFloat,
  namesOf,
  type Order,
  type Part,
  TYPES,
} from './struct-fields.js'

/** As that of the decoder. */
const LONGEST_NAME_BYTES = 255

/** Gives entries their places, one behind the other, and notes what is wrong. */
export class Placing {
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

const labelOf = ({ name }: FieldOptions, otherwise: string) => (name === undefined ? otherwise : `\`${name}\``)
