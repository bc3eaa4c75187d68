import {
  CHANNEL_BYTES,
  CHANNEL_DEVICE,
  CHANNEL_FIELD,
  CHANNEL_FIELD_BYTES,
  CHANNEL_LAYOUT,
  CHANNEL_ONE,
  CHANNEL_PROGRAM,
  CHANNEL_SERIES,
  CHANNEL_SOURCE,
  DEVICE_BYTES,
  DEVICE_FIRST_SERIES,
  DEVICE_HIGH,
  DEVICE_SEQUENCE,
  DEVICE_SOURCE,
  ENTRY_BYTES,
  NONE,
  SERIES_BYTES,
  SERIES_DEVICE,
  SERIES_NEXT,
  SLAB_DEVICE_COUNT,
  SOURCE_BYTES,
  TABLE_KEYS,
  TABLE_USED,
} from '../../assembly/layout.js'
import { tagsOfKey } from '../codecs/payload-tags.js'
import type { Program } from '../codecs/program.js'
import type { DecodeModule } from '../memory/modules.js'
import type { Arena } from '../model/codec.js'
import { bug, LinkError, WeirError } from '../model/errors.js'
import { type InputPlan, type Plan, sourceKey } from '../model/plan.js'
import type { Device } from '../model/points.js'
import type { ChannelSpec } from '../model/source.js'
import { type EngineMemory, seriesNumbers } from './engine-memory.js'
import { initTable } from './tables.js'

/** A series as windows choose it. */
export interface Series {
  readonly id: number
  readonly device: DeviceEntry
  readonly field: string
  /** The channel it was first seen on, where it came by one that there still is. */
  channel?: number
}

/** A device with what only the engine needs. */
export interface DeviceEntry extends Device {
  readonly sourceIndex: number
  /** Stands for others in windows with `by`. */
  readonly isGroup: boolean
  readonly series: Map<string, Series>
  readonly units: Map<string, string>
  /** The one first seen latest. */
  lastSeries?: Series
  readonly channels: number[]
  /** Keys under which the decoder finds it, for its removal. */
  readonly keys: { channel: number; bytes: Uint8Array }[]
}

/**
 * What was made known, in the order in which it was: all that it takes to know the same again under the same numbers.
 * Sources are called by name, so that a configuration may change around them.
 */
export type Naming =
  | { what: 'channel'; number: number; source: string; spec: ChannelSpec }
  | { what: 'layout'; channel: number; line: string }
  | { what: 'device'; number: number; source: string; tags: Record<string, string>; isGroup: boolean }
  /** Payload tags by which the decoder finds a device, as base64. */
  | { what: 'key'; device: number; channel: number; key: string }
  | { what: 'series'; number: number; device: number; field: string; unit?: string; channel?: number }
  | { what: 'forgotten'; device: number }

interface Channel {
  readonly spec: ChannelSpec
  readonly sourceIndex: number
  readonly program: Program
}

/**
 * Who is who: channels, devices (a source and a tag set) and series (a device and a field). The names live here, the
 * numbers in shared memory; the decoder only looks up, this is the one writer of its tables.
 */
export class Identities {
  readonly devices: (DeviceEntry | undefined)[] = []
  readonly series: (Series | undefined)[] = []
  seriesCount = 0
  deviceCount = 0
  /** Channels that found no room. */
  refusedChannels = 0
  readonly #channels: Channel[] = []
  readonly #deviceByKey = new Map<string, DeviceEntry>()
  /** Header lines by channel. */
  readonly #headers = new Map<number, string>()
  readonly #freeDevices: number[] = []
  /** Numbers of channels that are no more. */
  readonly #freeChannels: number[] = []
  /** Free series numbers of each source, in groups that it has. */
  readonly #freeSeries: Set<number>[]
  readonly #freeGroups: number[] = []
  /** Channels of live sources from before the start that nobody has asked for yet, by source and spec. */
  readonly #restored = new Map<string, number>()
  /** Series numbers in use of each group. */
  readonly #inGroup: number[] = []
  readonly #text = new TextDecoder()
  /** Told of all that is made known, so that it can be kept; nothing while it is being restored. */
  onNaming: ((naming: Naming) => void) | undefined

  /**
   * `onSeries` sees each new series before its first row is reduced; before that, and where it comes by another input than it
   * did, `onInput` sees by which.
   */
  constructor(
    private readonly plan: Plan,
    private readonly memory: EngineMemory,
    private readonly arena: Arena,
    private readonly decode: DecodeModule,
    private readonly onSeries: (series: Series) => void,
    private readonly onInput: (series: Series, input?: InputPlan) => void,
  ) {
    this.#freeSeries = plan.sources.map(() => new Set())
  }

  /** Makes a channel, or takes up the same one from before the start; -1 when there is no room. */
  channel(sourceIndex: number, spec: ChannelSpec, program: Program): number {
    if (this.#restored.size > 0) {
      const key = channelKey(sourceIndex, spec)
      const known = this.#restored.get(key)
      this.#restored.delete(key)
      if (known !== undefined) return known
    }
    return this.#makeChannel(sourceIndex, spec, program)
  }

  /** Makes a channel that there was before the start, under its number; a live source will ask for it again. */
  channelAgain(sourceIndex: number, spec: ChannelSpec, program: Program, given: number): number {
    const number = this.#makeChannel(sourceIndex, spec, program, given)
    if (number >= 0 && !this.plan.sources[sourceIndex].finite) this.#restored.set(channelKey(sourceIndex, spec), number)
    return number
  }

  /** Whether something may come on a channel of this number. */
  hasChannel(number: number): boolean {
    return (this.#channels[number] ?? GONE) !== GONE
  }

  #makeChannel(sourceIndex: number, spec: ChannelSpec, program: Program, given?: number): number {
    const number = given ?? this.#freeChannels.at(-1) ?? this.#channels.length
    const { u32, regions } = this.memory
    const record = (regions.channels.start + number * CHANNEL_BYTES) >>> 2
    const fixed = program.fixedDevice
    const own = number < this.plan.maxSeries && this.#channelMemory(number, spec, program, fixed)
    const device = own && fixed ? this.#device(sourceIndex, spec.tags) : undefined
    if (!own || (fixed && !device)) {
      this.refusedChannels++
      return -1
    }
    device?.channels.push(number)
    u32[record + CHANNEL_PROGRAM / 4] = program.address
    u32[record + CHANNEL_DEVICE / 4] = device ? device.id : NONE
    u32[record + CHANNEL_SERIES / 4] = own.list
    u32[record + CHANNEL_SOURCE / 4] = regions.sources.start + sourceIndex * SOURCE_BYTES
    u32[record + CHANNEL_FIELD / 4] = own.field.address
    u32[record + CHANNEL_FIELD_BYTES / 4] = own.field.bytes
    u32[record + CHANNEL_LAYOUT / 4] = own.layout
    this.#channels[number] = { spec, sourceIndex, program }
    const free = this.#freeChannels.lastIndexOf(number)
    if (free >= 0) this.#freeChannels.splice(free, 1)
    this.onNaming?.({ what: 'channel', number, source: sourceKey(this.plan.sources[sourceIndex]), spec })
    return number
  }

  /** The series of its declared fields (for a fixed device only), its field's name and its layout; undefined when the arena is full. */
  #channelMemory(number: number, spec: ChannelSpec, program: Program, fixed: boolean) {
    const bytes = Math.max(1, program.fields.length) * 4
    try {
      const one = this.memory.regions.channels.start + number * CHANNEL_BYTES + CHANNEL_ONE
      const list = fixed ? (bytes > 4 ? this.arena.alloc(bytes) : one) : 0
      this.memory.u32.fill(NONE, list >>> 2, fixed ? (list + bytes) >>> 2 : 0)
      const field = spec.field === undefined ? { address: 0, bytes: 0 } : this.arena.text(spec.field)
      const layout = spec.layout === undefined ? 0 : program.layout?.(spec.layout)
      if (typeof layout !== 'number') return bug(`channel ${spec.name} has a layout that its codec does not read`)
      return { list, field, layout }
    } catch (error) {
      if (error instanceof WeirError) return undefined
      throw error
    }
  }

  get channelCount(): number {
    return this.#channels.length
  }

  channelOf(number: number): Channel {
    return this.#channels[number]
  }

  /**
   * Answers STOP_HEADER: the first line of a channel names its columns. Returns why it can't; then the next line may.
   * Throws a LinkError where there is one file only to name them, which is read from its start.
   */
  setLayout(channel: number, line: string): string | undefined {
    const { spec, sourceIndex, program } = this.#channels[channel]
    const layout = program.layout?.(line) ?? bug(`channel ${spec.name} wants no header`)
    if (typeof layout === 'string') {
      if (this.plan.sources[sourceIndex].finite) throw new LinkError(`cannot read ${spec.name}: ${layout}`)
      return layout
    }
    this.memory.u32[(this.memory.regions.channels.start + channel * CHANNEL_BYTES + CHANNEL_LAYOUT) >>> 2] = layout
    this.#headers.set(channel, line)
    this.onNaming?.({ what: 'layout', channel, line })
    return undefined
  }

  /** Answers STOP_DEVICE: makes the device of these payload tags known to the decoder. False: no room. */
  addDevice(channel: number, keyAddress: number, keyBytes: number): boolean {
    const { spec, sourceIndex, program } = this.#channels[channel]
    const bytes = this.memory.u8.slice(keyAddress, keyAddress + keyBytes)
    const device = this.#device(sourceIndex, tagsOfKey(this.#text.decode(bytes), program, spec.tags))
    if (!device) return false
    device.keys.push({ channel, bytes })
    this.onNaming?.({ what: 'key', device: device.id, channel, key: Buffer.from(bytes).toString('base64') })
    return this.#insert('device', channel, bytes, device.id)
  }

  /** Answers STOP_SERIES: makes the series known to the decoder. False: no room. */
  addSeries(deviceId: number, channel: number, keyAddress: number, keyBytes: number): boolean {
    const device = this.devices[deviceId]!
    const bytes = this.memory.u8.slice(keyAddress, keyAddress + keyBytes)
    const field = this.#text.decode(bytes)
    let series = device.series.get(field)
    if (!series) {
      series = this.#newSeries(device, field, this.#unitBy(channel, field), { channel })
      if (!series) return false
      this.#enrol(series)
      if (!this.#insert('series', deviceId, bytes, series.id)) return false
    } else if (series.channel === undefined) {
      this.#adopt(series, channel)
      if (!this.#insert('series', deviceId, bytes, series.id)) return false
    }
    this.#cacheInChannel(channel, field, series.id)
    return true
  }

  /** A series whose channel is gone with a change of the configuration comes by another one. */
  #adopt(series: Series, channel: number): void {
    series.channel = channel
    setUnit(series, this.#unitBy(channel, series.field))
    this.onInput(series, this.#inputOf(channel))
    this.#tellSeries(series)
  }

  #unitBy(channel: number, field: string): string | undefined {
    const { spec, sourceIndex } = this.#channels[channel]
    return unitOf(this.plan.sources[sourceIndex].units, field) ?? unitOf(spec.units, field)
  }

  #inputOf(channel: number): InputPlan {
    const { spec, sourceIndex } = this.#channels[channel]
    return this.plan.sources[sourceIndex].inputs[spec.input]
  }

  /**
   * The series that stands for this one and all others of its source that differ only in tags other than `by`: of a
   * device of its own, which no channel leads to. Undefined: no room.
   */
  groupOf({ device, field }: Series, by: readonly string[]): Series | undefined {
    const tags = Object.fromEntries(device.tags.filter(([name]) => by.includes(name)))
    const group = this.#device(device.sourceIndex, tags, true)
    if (!group) return undefined
    const unit = device.units.get(field)
    if (unit && !group.units.has(field)) group.units.set(field, unit)
    const known = group.series.get(field)
    if (known) return known
    const series = this.#newSeries(group, field, unit)
    if (series) this.#tellSeries(series)
    return series
  }

  /** The series of a device that no channel names, made where there is none. Undefined: no room. */
  derivedSeries(
    sourceIndex: number,
    tags: Record<string, string>,
    field: string,
    unit: string | undefined,
  ): Series | undefined {
    const device = this.#device(sourceIndex, tags)
    const known = device?.series.get(field)
    if (!device || known) return known
    const series = this.#newSeries(device, field, unit)
    if (series) this.#enrol(series)
    return series
  }

  /** Makes the series known to all who want it; they may make further ones, which are told of first. */
  #enrol(series: Series): void {
    const { channel } = series
    this.onInput(series, channel === undefined ? undefined : this.#inputOf(channel))
    this.onSeries(series)
    this.#tellSeries(series)
  }

  #tellSeries(series: Series): void {
    this.onNaming?.(namingOf(series))
  }

  /** `number`: the one it had before. */
  #newSeries(
    device: DeviceEntry,
    field: string,
    unit: string | undefined,
    { channel, number }: { channel?: number | undefined; number?: number } = {},
  ): Series | undefined {
    if (this.seriesCount >= this.plan.maxSeries) return undefined
    const id = this.#takeSeriesNumber(device.sourceIndex, number)
    if (id === undefined) return undefined
    const series: Series = { id, device, field, ...(channel !== undefined && { channel }) }
    this.series[id] = series
    this.seriesCount++
    device.series.set(field, series)
    if (unit) device.units.set(field, unit)
    const { u32, regions } = this.memory
    const record = (regions.series.start + id * SERIES_BYTES) >>> 2
    u32[record + SERIES_DEVICE / 4] = device.id
    u32[record + SERIES_NEXT / 4] = NONE
    // Behind the device's last, so that a line's fields keep the order in which they were first seen.
    const link = device.lastSeries
      ? regions.series.start + device.lastSeries.id * SERIES_BYTES + SERIES_NEXT
      : regions.devices.start + device.id * DEVICE_BYTES + DEVICE_FIRST_SERIES
    u32[link >>> 2] = id
    device.lastSeries = series
    return series
  }

  /** What it takes to know the same under the same numbers. */
  *namings(): Generator<Naming> {
    const keyOf = (sourceIndex: number) => (sourceIndex < 0 ? '' : sourceKey(this.plan.sources[sourceIndex]))
    // Devices first: a channel that leads to one finds it under its number.
    const devices = this.devices.filter((device) => device !== undefined)
    for (const { id, sourceIndex, tags, isGroup } of devices) {
      const own = tags.filter(([name]) => name !== 'gateway' && name !== 'source')
      yield { what: 'device', number: id, source: keyOf(sourceIndex), tags: Object.fromEntries(own), isGroup }
    }
    for (const [number, { spec, sourceIndex }] of this.#channels.entries())
      yield { what: 'channel', number, source: keyOf(sourceIndex), spec }
    for (const [channel, line] of this.#headers) yield { what: 'layout', channel, line }
    for (const { id, keys } of devices)
      for (const { channel, bytes } of keys)
        yield { what: 'key', device: id, channel, key: Buffer.from(bytes).toString('base64') }
    // Those that stand for others come before these, and derived ones before what they are derived from.
    const ordered = devices.sort((a, b) => +b.isGroup - +a.isGroup || b.sourceIndex - a.sourceIndex || a.id - b.id)
    for (const device of ordered) for (const series of device.series.values()) yield namingOf(series)
  }

  /**
   * Takes up what was known before, under the same numbers: of a configuration that may have changed since. What belongs to a
   * source that is gone, and channels whose input changed (those without a program), are left out. The memory must be new.
   * Answers which devices and series there were before: others may have been made for the new configuration.
   */
  restore(
    namings: Iterable<Naming>,
    programOf: (sourceIndex: number, input: number) => Program | undefined,
  ): { isDeviceOf(id: number): boolean; isSeriesOf(id: number): boolean } {
    const told = this.onNaming
    this.onNaming = undefined
    const sourceOf = new Map(this.plan.sources.map((source, i) => [sourceKey(source), i]))
    const found: Series[] = []
    for (const naming of namings) this.#restoreOne(naming, sourceOf, programOf, found)
    // The lowest numbers are given out first.
    this.#freeDevices.length = this.#freeGroups.length = this.#freeChannels.length = 0
    for (let number = this.#channels.length - 1; number >= 0; number--)
      if (!this.hasChannel(number)) this.#freeChannels.push(number)
    for (let id = this.devices.length - 1; id >= 0; id--) if (!this.devices[id]) this.#freeDevices.push(id)
    for (let group = this.#inGroup.length - 1; group >= 0; group--)
      if (!this.#inGroup[group]) {
        this.#inGroup[group] = 0
        this.#freeGroups.push(group)
      }
    const devices = new Set(this.devices.flatMap((device) => device?.id ?? []))
    const series = new Set(this.series.flatMap((one) => one?.id ?? []))
    // All numbers that were given are taken by now: what is made for them takes others.
    for (const one of found) if (this.series[one.id] === one && !one.device.isGroup) this.#enrolAgain(one)
    this.onNaming = told
    return { isDeviceOf: (id) => devices.has(id), isSeriesOf: (id) => series.has(id) }
  }

  #enrolAgain(series: Series): void {
    const { channel, device, field, id } = series
    this.#enrol(series)
    if (channel !== undefined) this.#insert('series', device.id, Buffer.from(field), id)
  }

  #restoreOne(
    naming: Naming,
    sourceOf: ReadonlyMap<string, number>,
    programOf: (sourceIndex: number, input: number) => Program | undefined,
    found: Series[],
  ): void {
    switch (naming.what) {
      case 'channel': {
        const sourceIndex = sourceOf.get(naming.source)
        const program = sourceIndex === undefined ? undefined : programOf(sourceIndex, naming.spec.input)
        if (
          sourceIndex === undefined ||
          !program ||
          this.channelAgain(sourceIndex, naming.spec, program, naming.number) < 0
        )
          this.#channels[naming.number] = GONE
        break
      }
      case 'layout':
        if (this.#channels[naming.channel] !== GONE) this.setLayout(naming.channel, naming.line)
        break
      case 'device': {
        const sourceIndex = sourceOf.get(naming.source)
        if (sourceIndex !== undefined) this.#device(sourceIndex, naming.tags, naming.isGroup, naming.number)
        break
      }
      case 'key': {
        const device = this.devices[naming.device]
        if (!device || this.#channels[naming.channel] === GONE) break
        const bytes = new Uint8Array(Buffer.from(naming.key, 'base64'))
        device.keys.push({ channel: naming.channel, bytes })
        this.#insert('device', naming.channel, bytes, device.id)
        break
      }
      case 'series': {
        const device = this.devices[naming.device]
        if (!device) break
        const { field, number } = naming
        const channel = this.hasChannel(naming.channel ?? Number.NaN) ? naming.channel : undefined
        const unit = channel === undefined ? naming.unit : this.#unitBy(channel, field)
        const known = device.series.get(field)
        const series = known ?? this.#newSeries(device, field, unit, { channel, number })
        if (!series) break
        if (!known) found.push(series)
        else if (known.channel === undefined && channel !== undefined) {
          known.channel = channel
          setUnit(known, unit)
        }
        break
      }
      case 'forgotten': {
        const device = this.devices[naming.device]
        if (device) this.forget(device)
        break
      }
    }
  }

  /** Takes a device and its series out; their numbers are free afterwards. Its panes must have been closed. */
  forget(device: DeviceEntry): void {
    this.onNaming?.({ what: 'forgotten', device: device.id })
    const { regions, u8, u32 } = this.memory
    for (const { channel, bytes } of device.keys) this.#remove('device', channel, bytes)
    for (const series of device.series.values()) {
      this.#remove('series', device.id, Buffer.from(series.field))
      this.series[series.id] = undefined
      this.#returnSeriesNumber(device.sourceIndex, series.id)
      this.seriesCount--
    }
    device.series.clear()
    device.units.clear()
    device.lastSeries = undefined
    const record = regions.devices.start + device.id * DEVICE_BYTES
    u32[(record + DEVICE_FIRST_SERIES) >>> 2] = NONE
    u8.fill(0, record + DEVICE_SEQUENCE, record + DEVICE_SEQUENCE + 16)
    for (const channel of device.channels) {
      const record = (regions.channels.start + channel * CHANNEL_BYTES) >>> 2
      const list = u32[record + CHANNEL_SERIES / 4] >>> 2
      u32.fill(NONE, list, list + Math.max(1, this.#channels[channel].program.fields.length))
    }
    // A device with a fixed channel keeps its number: the channel still names it.
    if (device.channels.length > 0) return
    this.devices[device.id] = undefined
    this.#deviceByKey.delete(deviceKey(device.sourceIndex, device.tags, device.isGroup))
    this.#freeDevices.push(device.id)
    this.deviceCount--
  }

  /** Makes the tables anew where keys of devices long forgotten fill more than half of them. */
  tidy(): void {
    for (const table of ['device', 'series'] as const) {
      const { regions, u32 } = this.memory
      const [head, entries, keys] = [regions[`${table}Table`], regions[`${table}Entries`], regions[`${table}Keys`]]
      const used = u32[(head.start + TABLE_USED) >>> 2] * ENTRY_BYTES
      const keyBytes = u32[(head.start + TABLE_KEYS) >>> 2] - keys.start
      if (used <= (entries.end - entries.start) / 2 && keyBytes <= (keys.end - keys.start) / 2) continue
      initTable(this.memory, head, entries, keys)
      for (const device of this.devices) {
        if (!device) continue
        if (table === 'device')
          for (const { channel, bytes } of device.keys) this.#insert('device', channel, bytes, device.id)
        else
          for (const { id, field } of device.series.values()) this.#insert('series', device.id, Buffer.from(field), id)
      }
    }
  }

  #insert(table: 'device' | 'series', prefix: number, key: Uint8Array, id: number): boolean {
    const { regions, u8 } = this.memory
    u8.set(key, regions.output.start)
    return this.decode.insert(regions[`${table}Table`].start, prefix, regions.output.start, key.length, id) !== 0
  }

  #remove(table: 'device' | 'series', prefix: number, key: Uint8Array): void {
    const { regions, u8 } = this.memory
    u8.set(key, regions.output.start)
    this.decode.remove(regions[`${table}Table`].start, prefix, regions.output.start, key.length)
  }

  #cacheInChannel(channel: number, field: string, id: number): void {
    const { u32, regions } = this.memory
    const list = u32[(regions.channels.start + channel * CHANNEL_BYTES + CHANNEL_SERIES) >>> 2]
    if (list === 0) return
    const { spec, program } = this.#channels[channel]
    const index = spec.field === undefined ? program.fields.indexOf(field) : spec.field === field ? 0 : -1
    if (index >= 0) u32[(list >>> 2) + index] = id
  }

  /** `isGroup`: it stands for others, and is none of those that have the same tags. */
  #device(sourceIndex: number, own: Record<string, string>, isGroup = false, given?: number): DeviceEntry | undefined {
    const source = this.plan.sources[sourceIndex].name
    const tags = Object.entries({ ...own, gateway: this.plan.gateway, source })
      .filter(([, value]) => value !== '')
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    const key = deviceKey(sourceIndex, tags, isGroup)
    const known = this.#deviceByKey.get(key)
    if (known) return known
    if (this.deviceCount >= this.plan.maxSeries) return undefined
    const id = given ?? this.#freeDevices.pop() ?? this.devices.length
    this.memory.u32[(this.memory.regions.slabHead.start + SLAB_DEVICE_COUNT) >>> 2] = Math.max(
      id + 1,
      this.devices.length,
    )
    const device: DeviceEntry = {
      id,
      source,
      sourceIndex,
      isGroup,
      tags,
      units: new Map(),
      cache: new Map(),
      series: new Map(),
      channels: [],
      keys: [],
    }
    const { u8, u32, f64, regions } = this.memory
    const record = regions.devices.start + id * DEVICE_BYTES
    u8.fill(0, record, record + DEVICE_BYTES)
    f64[(record + DEVICE_HIGH) >>> 3] = Number.NEGATIVE_INFINITY
    u32[(record + DEVICE_SOURCE) >>> 2] = regions.sources.start + sourceIndex * SOURCE_BYTES
    u32[(record + DEVICE_FIRST_SERIES) >>> 2] = NONE
    this.devices[id] = device
    this.#deviceByKey.set(key, device)
    this.deviceCount++
    this.onNaming?.({
      what: 'device',
      number: id,
      source: sourceKey(this.plan.sources[sourceIndex]),
      tags: own,
      isGroup,
    })
    return device
  }

  #takeSeriesNumber(sourceIndex: number, given?: number): number | undefined {
    const free = this.#freeSeries[sourceIndex]
    if (given === undefined ? free.size === 0 : !this.#inGroup[given >>> 6]) {
      const group = given === undefined ? (this.#freeGroups.pop() ?? this.#inGroup.length) : given >>> 6
      // Other sources may hold the rest, in groups that are not full.
      if (group * 64 >= seriesNumbers(this.plan)) return undefined
      this.#inGroup[group] = 0
      const { u32, regions } = this.memory
      u32[(regions.groupSource.start >>> 2) + group] = regions.sources.start + sourceIndex * SOURCE_BYTES
      for (let i = 0; i < 64; i++) free.add(group * 64 + i)
    }
    const id = given ?? free.values().next().value!
    free.delete(id)
    this.#inGroup[id >>> 6]++
    return id
  }

  /** A group that is free as a whole may go to another source. */
  #returnSeriesNumber(sourceIndex: number, id: number): void {
    const free = this.#freeSeries[sourceIndex]
    const group = id >>> 6
    free.add(id)
    if (--this.#inGroup[group] > 0) return
    for (let i = 0; i < 64; i++) free.delete(group * 64 + i)
    this.#freeGroups.push(group)
  }
}

/** A field may be called as what every object has, such as `constructor`. */
function unitOf(units: Record<string, string> | undefined, field: string): string | undefined {
  return units && Object.hasOwn(units, field) ? units[field] : undefined
}

function setUnit({ device, field }: Series, unit: string | undefined): void {
  if (unit === undefined) device.units.delete(field)
  else device.units.set(field, unit)
}

function namingOf({ id, device, field, channel }: Series): Naming {
  const unit = device.units.get(field)
  return {
    what: 'series',
    number: id,
    device: device.id,
    field,
    ...(unit !== undefined && { unit }),
    ...(channel !== undefined && { channel }),
  }
}

/** A channel of a source or input that is no more: nothing comes on it. */
const GONE = { spec: { name: '', input: 0, tags: {} }, sourceIndex: -1, program: undefined as never }

const channelKey = (sourceIndex: number, { name, input, tags, field, layout, units }: ChannelSpec) =>
  JSON.stringify([sourceIndex, name, input, tags, field, layout, units])

function deviceKey(sourceIndex: number, tags: readonly (readonly [string, string])[], isGroup: boolean): string {
  return JSON.stringify([sourceIndex, tags, isGroup])
}
