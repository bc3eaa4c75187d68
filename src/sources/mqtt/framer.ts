import { randomBytes } from 'node:crypto'
import {
  ENTRY_BYTES,
  FRAME_BYTES,
  NONE,
  SLACK_BYTES,
  TABLE_BYTES,
  TABLE_ENTRIES,
  TABLE_KEYS,
  TABLE_KEYS_END,
  TABLE_MASK,
  TABLE_SEED,
  TABLE_USED,
} from '../../../assembly/layout.js'
import {
  ROUTE_DROPPED,
  ROUTE_FILTERED,
  TAP_ACKS,
  TAP_ACKS_END,
  TAP_ACKS_FULL,
  TAP_ALIAS_MAX,
  TAP_ALIASES,
  TAP_AT,
  TAP_BYTES,
  TAP_CONTROL,
  TAP_CONTROL_BYTES,
  TAP_DONE,
  TAP_DROPPED,
  TAP_END,
  TAP_FILTERED,
  TAP_FROM,
  TAP_FULL,
  TAP_HEADER,
  TAP_MESSAGES,
  TAP_NEEDED,
  TAP_ONLY_COUNTS,
  TAP_OUT,
  TAP_OUT_END,
  TAP_PAYLOAD_BYTES,
  TAP_PUBLISH_BYTES,
  TAP_RETAINED,
  TAP_ROUTE,
  TAP_SKIP,
  TAP_TABLE,
  TAP_TO,
  TAP_UNACKNOWLEDGED,
  TAP_UNKNOWN,
  TAP_VERSION,
} from '../../../assembly/tap/layout.js'
import { instantiateTap, type TapModule } from '../../memory/modules.js'
import { checkControl, Properties } from './control.js'
import { framingError } from './framing-error.js'

/** Bytes asked of the socket at a time. */
export const READ_BYTES = 64 * 1024

/** Bounds of what the framer takes, bytes. */
export interface Bounds {
  /** A PUBLISH with a longer payload is counted `dropped`. */
  payloadBytes: number
  /** A PUBLISH longer than this is skipped, and counted `dropped`. */
  publishBytes: number
  /** Any other packet longer than this is a protocol error. */
  controlBytes: number
}

/** Where the messages of a topic go: a channel, or a count. */
export interface Route {
  readonly channel: number
  readonly skipRetained: boolean
  readonly reason?: 'filtered' | 'dropped'
}

/** Knows the routes of topics. */
export interface Routes {
  /** The route of the topic in bytes[start, end). */
  route(bytes: Buffer, start: number, end: number): Route
  /** Another number: routes given before may be others now. */
  readonly generation: number
}

/** Messages that were framed, or counted for what they are. */
export interface Counted {
  messages: number
  filtered: number
  retained: number
  dropped: number
}

/** Where packets go. Positions point into the bytes given, which are valid only during the call. */
export interface PacketSink {
  /** As `SourceOutput`. */
  roomFor(firstBytes: number): number
  takeFrames(bytes: Uint8Array, start: number, end: number): void
  /** Told before anything of later packets. */
  counted(counts: Counted): void
  /** A packet other than a message of QoS 0 or 1, checked and whole. */
  control(bytes: Buffer, start: number, end: number): void
}

/** What a connection is. */
export interface FramerSession {
  version: 4 | 5
  /** The broker may use aliases 1 to this one. */
  aliasMax: number
  /** Messages of QoS 1 that may be unacknowledged. */
  receiveMaximum: number
}

const WASM_PAGE_BYTES = 65536
const FIRST_ENTRIES = 1024
/** From here on topics that the table has no room for are looked up one by one. */
const MOST_ENTRIES = 1 << 18
const KEY_BYTES = 40
const MOST_ALIASES = 1024
const MOST_ACKS = 16384

/** Where everything is in the framer's memory. Address 0 stays free. */
function layOut(bounds: Bounds) {
  const frameBytes = FRAME_BYTES + bounds.payloadBytes + 8
  const packetBytes = Math.max(bounds.publishBytes, bounds.controlBytes, 65535) + 8
  let at = 1024
  const take = (bytes: number) => {
    const start = at
    at = Math.ceil((at + bytes + SLACK_BYTES) / 64) * 64
    return { start, end: start + bytes }
  }
  const regions = {
    registers: take(TAP_BYTES),
    table: take(TABLE_BYTES),
    aliases: take(4 * (MOST_ALIASES + 1)),
    acks: take(4 * MOST_ACKS),
    frames: take(Math.max(READ_BYTES, Math.ceil(frameBytes / 8) * 8)),
    // What is left of a packet is moved to the front to make room for the next read.
    read: take(packetBytes + 2 * READ_BYTES),
    entries: take(MOST_ENTRIES * ENTRY_BYTES),
    keys: take(MOST_ENTRIES * KEY_BYTES),
  }
  return { regions, pages: Math.ceil(at / WASM_PAGE_BYTES) }
}

/**
 * Cuts the bytes of one connection after the other into MQTT packets, 3.1.1 or 5, in WebAssembly: sockets read into its memory,
 * messages leave it as frames. The memory is as large from the start as it ever gets; what is not touched costs address space only.
 */
export class Framer {
  /** True when the last `parse` stopped because the sink had no room. */
  full = false
  readonly #wasm: TapModule
  readonly #bytes: Buffer
  readonly #u32: Uint32Array
  readonly #regions: ReturnType<typeof layOut>['regions']
  #session: FramerSession = { version: 4, aliasMax: 0, receiveMaximum: NONE }
  #properties: Properties | null = null
  #entries = FIRST_ENTRIES
  #generation = -1
  /** Acknowledgements that found no room in the memory any more. */
  #acks: Buffer[] = []

  constructor(
    bounds: Bounds,
    readonly routes: Routes,
  ) {
    const { regions, pages } = layOut(bounds)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    this.#wasm = instantiateTap(memory)
    this.#bytes = Buffer.from(memory.buffer)
    this.#u32 = new Uint32Array(memory.buffer)
    this.#regions = regions
    this.#set(TAP_PAYLOAD_BYTES, bounds.payloadBytes)
    this.#set(TAP_PUBLISH_BYTES, bounds.publishBytes)
    this.#set(TAP_CONTROL_BYTES, bounds.controlBytes)
    this.#set(TAP_TABLE, regions.table.start)
    this.#set(TAP_ALIASES, regions.aliases.start)
    this.#set(TAP_ACKS_END, regions.acks.end)
    this.begin(this.#session)
  }

  /** A new connection. */
  begin(session: FramerSession): void {
    const { version, aliasMax, receiveMaximum } = session
    const { aliases, acks, frames } = this.#regions
    this.full = false
    this.#session = session
    this.#properties = version === 5 ? new Properties() : null
    this.#acks = []
    this.#u32.fill(NONE, aliases.start >>> 2, aliases.end >>> 2)
    this.#set(TAP_VERSION, version)
    this.#set(TAP_ALIAS_MAX, Math.min(aliasMax, MOST_ALIASES))
    this.#set(TAP_UNACKNOWLEDGED, receiveMaximum)
    this.#set(TAP_ACKS, acks.start)
    this.#set(TAP_OUT, frames.start)
    this.#set(TAP_ROUTE, NONE)
    this.#set(TAP_ONLY_COUNTS, 0)
    this.#takeCounts()
    this.forget()
  }

  /** Bytes that were read and not framed yet. */
  get unread(): number {
    return this.#get(TAP_END) - this.#get(TAP_AT)
  }

  /** Lets go of them. */
  forget(): void {
    const { start } = this.#regions.read
    this.#set(TAP_AT, start)
    this.#set(TAP_END, start)
    this.#set(TAP_SKIP, 0)
    this.#set(TAP_NEEDED, 0)
  }

  /**
   * Room for the next read: behind what has not been framed yet, which is moved to the front where needed. Nothing else may move
   * it, since a socket keeps the room it was given while it is paused.
   */
  space(): Buffer {
    const { start } = this.#regions.read
    const at = this.#get(TAP_AT)
    let end = this.#get(TAP_END)
    const needed = Math.max(this.#get(TAP_NEEDED), end - at)
    // No more memory is touched than one read and the longest packet so far take.
    if (at === end || end + READ_BYTES > start + needed + 2 * READ_BYTES - 1) {
      this.#bytes.copyWithin(start, at, end)
      end += start - at
      this.#set(TAP_AT, start)
      this.#set(TAP_END, end)
    }
    return this.#bytes.subarray(end, end + READ_BYTES)
  }

  /** So many bytes were read into the room that was given last. */
  filled(bytes: number): void {
    this.#set(TAP_END, this.#get(TAP_END) + bytes)
  }

  /** Hands on all whole packets. Throws a ProtocolError. */
  parse(sink: PacketSink): void {
    const { frames } = this.#regions
    this.full = false
    if (this.#generation !== this.routes.generation) this.#clearTable(this.#entries)
    // Nothing is asked of the sink before there is a message.
    this.#set(TAP_OUT_END, frames.start)
    for (;;) {
      const stop = this.#wasm.frame(this.#regions.registers.start)
      this.#hand(sink)
      switch (stop) {
        case TAP_DONE:
          return
        case TAP_CONTROL:
          this.#control(sink)
          break
        case TAP_UNKNOWN:
          this.#learn()
          break
        case TAP_FULL: {
          const room = sink.roomFor(this.#get(TAP_NEEDED))
          if (room === 0) {
            this.full = true
            return
          }
          this.#set(TAP_OUT_END, Math.min(frames.start + room, frames.end))
          break
        }
        case TAP_ACKS_FULL:
          this.#acks.push(this.#takeAckBytes())
          break
        default:
          throw framingError(stop, this.#get(TAP_FROM), this.#get(TAP_TO), this.#session)
      }
    }
  }

  /** The acknowledgements of all messages since the last call, as they are sent; undefined where none are asked for. */
  takeAcks(): Buffer | undefined {
    const last = this.#takeAckBytes()
    const acks = this.#acks.length > 0 ? Buffer.concat([...this.#acks, last]) : last
    this.#acks = []
    return acks.length > 0 ? acks : undefined
  }

  /** So many messages were acknowledged. */
  acknowledged(messages: number): void {
    this.#set(TAP_UNACKNOWLEDGED, this.#get(TAP_UNACKNOWLEDGED) + messages)
  }

  /** Whole messages of QoS 0 among what was read and found no room. */
  countLeft(): number {
    this.#set(TAP_ONLY_COUNTS, 1)
    let stop = this.#wasm.frame(this.#regions.registers.start)
    for (; stop === TAP_CONTROL; stop = this.#wasm.frame(this.#regions.registers.start))
      this.#set(TAP_AT, this.#get(TAP_TO))
    this.#set(TAP_ONLY_COUNTS, 0)
    return this.#takeCounts().dropped
  }

  #hand(sink: PacketSink): void {
    const { start } = this.#regions.frames
    const end = this.#get(TAP_OUT)
    if (end > start) sink.takeFrames(this.#bytes, start, end)
    this.#set(TAP_OUT, start)
    // Room is good for once.
    this.#set(TAP_OUT_END, start)
    const counts = this.#takeCounts()
    if (counts.messages > 0) sink.counted(counts)
  }

  #takeCounts(): Counted {
    const [messages, filtered, retained, dropped] = [TAP_MESSAGES, TAP_FILTERED, TAP_RETAINED, TAP_DROPPED].map(
      (field) => {
        const n = this.#get(field)
        this.#set(field, 0)
        return n
      },
    )
    return { messages, filtered, retained, dropped }
  }

  #control(sink: PacketSink): void {
    const [start, end, body] = [this.#get(TAP_FROM), this.#get(TAP_TO), this.#get(TAP_HEADER)]
    const header = this.#bytes[start]
    if (header >> 4 !== 3) checkControl(this.#bytes, header, body, end, this.#properties)
    this.#set(TAP_AT, end)
    sink.control(this.#bytes, start, end)
  }

  /** Puts the topic that the framer stopped at into the table, or says the route of this one message. */
  #learn(): void {
    const [start, end] = [this.#get(TAP_FROM), this.#get(TAP_TO)]
    const route = this.routes.route(this.#bytes, start, end)
    if (this.#generation !== this.routes.generation) this.#clearTable(this.#entries)
    const id = idOf(route)
    // There may be room for it later.
    if (id === ROUTE_DROPPED || !this.#insert(start, end - start, id)) this.#set(TAP_ROUTE, id)
  }

  #insert(key: number, keyBytes: number, id: number): boolean {
    const { table } = this.#regions
    if (this.#wasm.insert(table.start, 0, key, keyBytes, id)) return true
    if (this.#entries === MOST_ENTRIES) return false
    // What was in it is met again.
    this.#clearTable(this.#entries * 2)
    return Boolean(this.#wasm.insert(table.start, 0, key, keyBytes, id))
  }

  #clearTable(entries: number): void {
    const { table, entries: region, keys } = this.#regions
    const word = table.start >>> 2
    if (this.#u32[word + TABLE_USED / 4] !== 0)
      this.#bytes.fill(0, region.start, region.start + this.#entries * ENTRY_BYTES)
    this.#generation = this.routes.generation
    this.#entries = entries
    this.#u32[word + TABLE_MASK / 4] = entries - 1
    this.#u32[word + TABLE_USED / 4] = 0
    this.#u32[word + TABLE_ENTRIES / 4] = region.start
    this.#u32[word + TABLE_KEYS / 4] = keys.start
    this.#u32[word + TABLE_KEYS_END / 4] = keys.end
    // Of its own, so that nobody can choose topics that collide.
    this.#bytes.set(randomBytes(8), table.start + TABLE_SEED)
  }

  #takeAckBytes(): Buffer {
    const { start } = this.#regions.acks
    const acks = Buffer.from(this.#bytes.subarray(start, this.#get(TAP_ACKS)))
    this.#set(TAP_ACKS, start)
    return acks
  }

  #get(register: number): number {
    return this.#u32[(this.#regions.registers.start + register) >>> 2]
  }

  #set(register: number, value: number): void {
    this.#u32[(this.#regions.registers.start + register) >>> 2] = value
  }
}

function idOf({ channel, skipRetained, reason }: Route): number {
  if (reason) return reason === 'filtered' ? ROUTE_FILTERED : ROUTE_DROPPED
  return channel * 2 + (skipRetained ? 1 : 0)
}
