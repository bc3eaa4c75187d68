import * as layout from '../../assembly/layout.js'
import { codecs } from '../../src/codecs/index.js'
import { compileInput, type Program } from '../../src/codecs/program.js'
import { MemoryArena } from '../../src/memory/arena.js'
import { writeConstants } from '../../src/memory/constants.js'
import { type DecodeModule, instantiateDecode } from '../../src/memory/modules.js'
import type { InputPlan } from '../../src/model/plan.js'

/** A sample as the columns hold it, its series by the names behind it. */
export interface Sample {
  device: string
  field: string
  timeUs: number
  value: number
  /** Samples a second, of a row in a run. */
  rateHz?: number
}

export interface RigOptions {
  input: Partial<InputPlan> & { options?: object }
  rows?: number
  runs?: number
  maxSeries?: number
  /** Channels of the same input; frames are of the first unless `write` is told others. */
  channels?: number
  /** Name of the channels' field, as a topic gives it. */
  field?: string
  arrivalUs?: number
}

/** The decoder's counters, in its order. */
const COUNTS = [
  'decoded',
  'undecodable',
  'filtered',
  'samplesDecoded',
  'samplesInvalid',
  'samplesFiltered',
  'samplesRejected',
  'in',
] as const
export type Counts = Record<(typeof COUNTS)[number], number>

export const NO_COUNTS = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Counts

const LEAST_ENTRIES = 1024
const KEYS_BYTES = 1 << 20
const BLOCK_BYTES = 4 << 20

/** Decode.wasm with one channel or more and a host that answers its stops; `decode` may be called again and again. */
export class DecodeRig {
  readonly program: Program
  readonly samples: Sample[] = []
  /** Rows of each hand-over. */
  readonly handed: number[] = []
  readonly stops: number[] = []
  bad: { why: number; text: string } | undefined
  readonly module: DecodeModule
  readonly memory: WebAssembly.Memory
  readonly block: number
  readonly #u8: Uint8Array
  readonly #u32: Uint32Array
  readonly #f64: Float64Array
  readonly #arena: MemoryArena
  readonly #registers: number
  readonly #columns: number
  readonly #deviceTable: number
  readonly #seriesTable: number
  readonly #channels: number
  readonly #channelCount: number
  readonly #devices: string[] = []
  readonly #series: { device: number; field: string }[] = []
  readonly #options: RigOptions

  constructor(options: RigOptions) {
    this.#options = options
    this.#channelCount = options.channels ?? 1
    const entries = Math.max(LEAST_ENTRIES, 2 ** Math.ceil(Math.log2(2 * (options.maxSeries ?? 0))))
    const pages = 256 + Math.ceil((entries * 2 * (layout.ENTRY_BYTES + 32) + this.#channelCount * 256) / 65536)
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    const arena = new MemoryArena(this.memory, 4096, (pages - 1) * 65536)
    this.#arena = arena
    this.#u8 = arena.u8
    this.#u32 = arena.u32
    this.#f64 = arena.f64
    this.module = instantiateDecode(this.memory)
    this.program = compileInput(planOf(options.input), codecs, arena)
    this.#columns = this.#makeColumns(options.rows ?? 65536, options.runs ?? 1024)
    this.#deviceTable = this.#makeTable(entries)
    this.#seriesTable = this.#makeTable(entries)
    this.#channels = arena.alloc(this.#channelCount * layout.CHANNEL_BYTES)
    for (let i = 0; i < this.#channelCount; i++) this.#makeChannel(i)
    this.#registers = arena.alloc(layout.DECODE_BYTES)
    this.#set(this.#registers, layout.DECODE_COLUMNS, this.#columns)
    this.#set(this.#registers, layout.DECODE_CHANNELS, this.#channels)
    this.#set(this.#registers, layout.DECODE_CHANNEL_COUNT, this.#channelCount)
    this.#set(this.#registers, layout.DECODE_DEVICE_TABLE, this.#deviceTable)
    this.#set(this.#registers, layout.DECODE_SERIES_TABLE, this.#seriesTable)
    this.#set(this.#registers, layout.DECODE_SCRATCH, arena.alloc(layout.SCRATCH_BYTES + layout.SLACK_BYTES))
    this.#set(this.#registers, layout.DECODE_CONSTANTS, writeConstants(arena))
    this.block = arena.alloc(BLOCK_BYTES + layout.SLACK_BYTES)
  }

  #set(record: number, offset: number, value: number) {
    this.#u32[(record + offset) / 4] = value
  }

  #get(record: number, offset: number): number {
    return this.#u32[(record + offset) / 4]
  }

  #makeColumns(rows: number, runs: number): number {
    const columns = this.#arena.alloc(layout.COLUMNS_BYTES)
    this.#set(columns, layout.COLUMNS_CAPACITY, rows)
    this.#set(columns, layout.COLUMNS_RUN_CAPACITY, runs)
    this.#set(columns, layout.COLUMNS_SERIES, this.#arena.alloc(rows * 4))
    for (const column of [layout.COLUMNS_TIME, layout.COLUMNS_VALUE, layout.COLUMNS_HORIZON])
      this.#set(columns, column, this.#arena.alloc(rows * 8))
    this.#set(columns, layout.COLUMNS_FATE, this.#arena.alloc(rows))
    this.#set(columns, layout.COLUMNS_RUN_LIST, this.#arena.alloc(runs * layout.RUN_BYTES))
    return columns
  }

  #makeTable(entries: number): number {
    const table = this.#arena.alloc(layout.TABLE_BYTES)
    const keysBytes = KEYS_BYTES + entries * 16
    const keys = this.#arena.alloc(keysBytes)
    this.#set(table, layout.TABLE_MASK, entries - 1)
    this.#set(table, layout.TABLE_ENTRIES, this.#arena.alloc(entries * layout.ENTRY_BYTES))
    this.#set(table, layout.TABLE_KEYS, keys)
    this.#set(table, layout.TABLE_KEYS_END, keys + keysBytes)
    this.#set(table, layout.TABLE_SEED, 0x9e3779b9)
    this.#set(table, layout.TABLE_SEED + 4, 0x7f4a7c15)
    return table
  }

  #channel(index: number): number {
    return this.#channels + index * layout.CHANNEL_BYTES
  }

  #makeChannel(index: number): void {
    const channel = this.#channel(index)
    const { fields, fixedDevice, address } = this.program
    this.#set(channel, layout.CHANNEL_PROGRAM, address)
    const isFixed = fixedDevice
    this.#set(channel, layout.CHANNEL_DEVICE, isFixed ? this.#devices.length : layout.NONE)
    if (isFixed) this.#devices.push('')
    if (isFixed && fields.length) {
      const list = fields.length > 1 ? this.#arena.alloc(fields.length * 4) : channel + layout.CHANNEL_ONE
      this.#u32.fill(layout.NONE, list / 4, list / 4 + fields.length)
      this.#set(channel, layout.CHANNEL_SERIES, list)
    }
    if (this.#options.field !== undefined) {
      const { address, bytes } = this.#arena.text(this.#options.field)
      this.#set(channel, layout.CHANNEL_FIELD, address)
      this.#set(channel, layout.CHANNEL_FIELD_BYTES, bytes)
    }
  }

  /** Writes frames as a block; what lies behind its last byte is `filler`. */
  write(payloads: (string | Uint8Array)[], flags = 0, filler = 0, channelOf = (_frame: number) => 0): void {
    let at = this.block
    for (const [i, payload] of payloads.entries()) {
      const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload
      this.#set(at, layout.FRAME_PAYLOAD_BYTES, bytes.length)
      this.#set(at, layout.FRAME_CHANNEL, channelOf(i))
      this.#f64[(at + layout.FRAME_ARRIVAL) / 8] = this.#options.arrivalUs ?? 5e15
      this.#set(at, layout.FRAME_FLAGS, flags)
      at += layout.FRAME_BYTES
      const end = at + Math.ceil(bytes.length / 8) * 8
      if (end > this.block + BLOCK_BYTES) throw new RangeError('the block of the rig is full')
      this.#u8.fill(filler, at, end + layout.SLACK_BYTES)
      this.#u8.set(bytes, at)
      at = end
    }
    this.#set(this.#registers, layout.DECODE_FRAME, this.block)
    this.#set(this.#registers, layout.DECODE_END, at)
  }

  /** Reads the block written last to its end, and answers every stop. */
  run(): void {
    for (let calls = 0; ; calls++) {
      if (calls > 100_000) throw new Error('decode does not come to an end')
      const stop = this.module.decode(this.#registers)
      this.stops.push(stop)
      if (stop === layout.STOP_DONE || stop === layout.STOP_FULL) this.#takeColumns()
      if (stop === layout.STOP_DONE) return
      if (stop === layout.STOP_DEVICE) this.#insertDevice()
      if (stop === layout.STOP_SERIES) this.#insertSeries()
      if (stop === layout.STOP_HEADER) this.#takeHeader()
    }
  }

  decode(payloads: (string | Uint8Array)[], flags = 0, filler = 0): this {
    this.write(payloads, flags, filler)
    this.run()
    return this
  }

  /** One frame of the payload's first bytes, behind which the others lie. */
  decodeCut(payload: string, bytes: number, flags = 0): this {
    this.write([payload], flags)
    this.#set(this.block, layout.FRAME_PAYLOAD_BYTES, bytes)
    this.#set(this.#registers, layout.DECODE_END, this.block + layout.FRAME_BYTES + Math.ceil(bytes / 8) * 8)
    this.run()
    return this
  }

  /** Reads the block again and throws the columns away: for timing. */
  runRaw(): number {
    this.#set(this.#registers, layout.DECODE_FRAME, this.block)
    this.#set(this.#columns, layout.COLUMNS_ROWS, 0)
    this.#set(this.#columns, layout.COLUMNS_RUNS, 0)
    return this.module.decode(this.#registers)
  }

  get counts(): Counts {
    const at = (this.#registers + layout.DECODE_COUNTS) / 8
    return Object.fromEntries(COUNTS.map((name, i) => [name, this.#f64[at + i]])) as Counts
  }

  /** What was decoded since the last call, and forgets it. */
  take(): { samples: Sample[]; counts: Counts } {
    const taken = { samples: this.samples.splice(0), counts: this.counts }
    const at = (this.#registers + layout.DECODE_COUNTS) / 8
    this.#f64.fill(0, at, at + COUNTS.length)
    this.bad = undefined
    return taken
  }

  /** Of the program's own part, at this offset. */
  setOwn(offset: number, value: number): void {
    this.#set(this.#get(this.program.address, layout.PROGRAM_OWN), offset, value)
  }

  getOwn(offset: number): number {
    return this.#get(this.#get(this.program.address, layout.PROGRAM_OWN), offset)
  }

  /** Of any record. */
  setAt(record: number, offset: number, value: number): void {
    this.#set(record, offset, value)
  }

  close(): void {
    this.#set(this.#registers, layout.DECODE_CLOSED, 1)
  }

  #text(address: number, bytes: number): string {
    return Buffer.from(this.#u8.slice(address, address + bytes)).toString()
  }

  #key(): { address: number; bytes: number; prefix: number; text: string } {
    const address = this.#get(this.#registers, layout.DECODE_KEY)
    const bytes = this.#get(this.#registers, layout.DECODE_KEY_BYTES)
    return {
      address,
      bytes,
      prefix: this.#get(this.#registers, layout.DECODE_KEY_PREFIX),
      text: this.#text(address, bytes),
    }
  }

  /** Of the frame at which the decoder stopped. */
  get #frameChannel(): number {
    return this.#get(this.#get(this.#registers, layout.DECODE_FRAME), layout.FRAME_CHANNEL)
  }

  #insertDevice(): void {
    const { address, bytes, prefix, text } = this.#key()
    if (!this.module.insert(this.#deviceTable, prefix, address, bytes, this.#devices.length))
      throw new Error('a stop for a device though its table is full')
    this.#devices.push(text.replaceAll('\x1f', '|'))
  }

  #insertSeries(): void {
    const { address, bytes, prefix, text } = this.#key()
    const isRejected = this.#series.length >= (this.#options.maxSeries ?? Number.POSITIVE_INFINITY)
    const id = isRejected ? layout.REJECTED : this.#series.length
    if (!this.module.insert(this.#seriesTable, prefix, address, bytes, id))
      throw new Error('a stop for a series though its table is full')
    if (!isRejected) this.#series.push({ device: prefix, field: text })
    const list = this.#get(this.#channel(this.#frameChannel), layout.CHANNEL_SERIES)
    const name = this.program.fields.length === 1 && this.#options.field !== undefined ? this.#options.field : undefined
    const field = name === undefined ? this.program.fields.indexOf(text) : 0
    if (list && field >= 0) this.#u32[list / 4 + field] = id
  }

  #takeHeader(): void {
    const layoutOf = this.program.layout?.(this.#key().text)
    if (typeof layoutOf === 'number') this.#set(this.#channel(this.#frameChannel), layout.CHANNEL_LAYOUT, layoutOf)
  }

  #takeColumns(): void {
    const rows = this.#get(this.#columns, layout.COLUMNS_ROWS)
    this.handed.push(rows)
    const first = this.samples.length
    const column = (offset: number) => this.#get(this.#columns, offset)
    for (let i = 0; i < rows; i++) {
      const { device, field } = this.#series[this.#u32[column(layout.COLUMNS_SERIES) / 4 + i]]
      const f64 = (offset: number) => this.#f64[column(offset) / 8 + i]
      const timeUs = f64(layout.COLUMNS_TIME)
      this.samples.push({ device: this.#devices[device], field, timeUs, value: f64(layout.COLUMNS_VALUE) })
    }
    for (let i = 0; i < column(layout.COLUMNS_RUNS); i++) {
      const run = column(layout.COLUMNS_RUN_LIST) + i * layout.RUN_BYTES
      const from = first + this.#get(run, layout.RUN_FIRST)
      const rateHz = this.#f64[(run + layout.RUN_RATE) / 8]
      if (this.samples[from].timeUs !== this.#f64[(run + layout.RUN_START) / 8])
        throw new Error('a run starts elsewhere')
      for (let row = from; row < from + this.#get(run, layout.RUN_ROWS); row++) this.samples[row].rateHz = rateHz
    }
    this.#set(this.#columns, layout.COLUMNS_ROWS, 0)
    this.#set(this.#columns, layout.COLUMNS_RUNS, 0)
    const bad = this.#registers + layout.DECODE_BAD
    const at = this.#get(bad, layout.BAD_PAYLOAD)
    if (!at) return
    this.bad ??= {
      why: this.#get(bad, layout.BAD_WHY),
      text: this.#text(at, this.#get(bad, layout.BAD_PAYLOAD_BYTES)),
    }
    for (let i = 0; i < layout.BAD_RECORDS; i++) this.#set(bad + i * layout.BAD_BYTES, layout.BAD_PAYLOAD, 0)
  }
}

/** An input with the codec's options as a configuration gives them, checked. */
function planOf({ options, ...input }: RigOptions['input']): InputPlan {
  return {
    time: { kind: 'arrival' },
    payloadTags: {},
    constantTags: {},
    decode: { type: 'json', options: { strings: 'skip', ...options } },
    ...input,
  }
}
