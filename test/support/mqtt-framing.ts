import { FRAME_BYTES, FRAME_CHANNEL, FRAME_FLAGS, FRAME_PACKET_ID, FRAME_PAYLOAD_BYTES } from '../../assembly/layout.js'
import {
  type Bounds,
  Framer,
  type PacketSink,
  READ_BYTES,
  type Route,
  type Routes,
} from '../../src/sources/mqtt/framer.js'
import { ProtocolError } from '../../src/sources/mqtt/protocol-error.js'
import { PlainFramer, type PacketSink as PlainSink } from './plain-framer.js'

/** What became of a stream of packets. */
export interface Framed {
  /** Messages with the topics that their aliases stand for, and other packets, in order. */
  seen: ({ topic: string; payload: string; flags: number; packetId: number } | { control: string })[]
  /** All acknowledgements, hex. */
  acks: string
  filtered: number
  retained: number
  dropped: number
  error: string | undefined
}

const ALIAS_MAX = 10

/** A channel for every topic, by the topic's bytes. */
class Channels implements Routes {
  generation = 0
  readonly topics: string[] = []
  readonly #routes = new Map<string, Route>()

  constructor(readonly choose?: (topic: string) => Route) {}

  route(bytes: Buffer, start: number, end: number): Route {
    const topic = bytes.toString('latin1', start, end)
    const chosen = this.choose?.(topic) ??
      this.#routes.get(topic) ?? { channel: this.topics.length, skipRetained: false }
    if (!this.#routes.has(topic)) this.topics.push(topic)
    this.#routes.set(topic, chosen)
    return chosen
  }
}

/** One framer for all: a connection after the other, as a source has them. */
const framers = new Map<Bounds, { framer: Framer; routes: { now: Routes; generation: number } }>()

function framerOf(bounds: Bounds, channels: Routes): Framer {
  let found = framers.get(bounds)
  if (!found) {
    const routes = {
      now: channels,
      generation: 0,
      route: (bytes: Buffer, start: number, end: number) => routes.now.route(bytes, start, end),
    }
    found = { framer: new Framer(bounds, routes), routes }
    framers.set(bounds, found)
  }
  found.routes.now = channels
  found.routes.generation++
  return found.framer
}

/** Feeds pieces to the framer, as a tap does. `rooms`: frames that there is room for, round by round. */
export function frame(
  pieces: readonly Buffer[],
  version: 4 | 5,
  bounds: Bounds,
  rooms?: number[],
  choose?: (topic: string) => Route,
  receiveMaximum = 100_000,
): Framed & { rounds?: { topics: string[]; full: boolean; acks: string }[] } {
  const channels = new Channels(choose)
  const framer = framerOf(bounds, channels)
  const framed: Framed = { seen: [], acks: '', filtered: 0, retained: 0, dropped: 0, error: undefined }
  let room = rooms?.shift() ?? Number.POSITIVE_INFINITY
  let offered = 0
  const sink: PacketSink = {
    roomFor(firstBytes) {
      offered = room === 0 ? 0 : room === Number.POSITIVE_INFINITY ? Math.max(3000, firstBytes) : firstBytes
      return offered
    },
    takeFrames(bytes, start, end) {
      const block = bytes as Buffer
      if (end - start > offered) throw new Error('more frames than there is room for')
      for (let at = start; at < end; ) {
        const length = block.readUInt32LE(at + FRAME_PAYLOAD_BYTES)
        const from = at + FRAME_BYTES
        framed.seen.push({
          topic: channels.topics[block.readUInt32LE(at + FRAME_CHANNEL)],
          payload: block.toString('latin1', from, from + length),
          flags: block.readUInt32LE(at + FRAME_FLAGS),
          packetId: block.readUInt32LE(at + FRAME_PACKET_ID),
        })
        room--
        at = from + ((length + 7) & ~7)
        for (let i = from + length; i < at; i++)
          if (block[i] !== 0) throw new Error('what is behind a payload is not 0')
      }
    },
    counted({ filtered, retained, dropped }) {
      framed.filtered += filtered
      framed.retained += retained
      framed.dropped += dropped
    },
    control(bytes, start, end) {
      framed.seen.push({ control: bytes.toString('hex', start, end) })
    },
  }
  framer.begin({ version, aliasMax: version === 5 ? ALIAS_MAX : 0, receiveMaximum })
  const takeAcks = () => {
    const acks = framer.takeAcks()?.toString('hex') ?? ''
    framed.acks += acks
    return acks
  }
  const rounds: { topics: string[]; full: boolean; acks: string }[] = []
  try {
    for (const piece of pieces)
      for (let at = 0; at < piece.length; at += READ_BYTES) {
        const bytes = piece.subarray(at, at + READ_BYTES)
        framer.space().set(bytes)
        framer.filled(bytes.length)
        framer.parse(sink)
      }
    for (let before = 0; rooms; framer.parse(sink)) {
      const topics = framed.seen.slice(before).map((s) => ('topic' in s ? s.topic : 'control'))
      before = framed.seen.length
      rounds.push({ topics, full: framer.full, acks: takeAcks() })
      if (rooms.length === 0) break
      room = rooms.shift()!
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    framed.error = error.message
  }
  takeAcks()
  return rooms ? { ...framed, rounds } : framed
}

/** The same by the framer without WebAssembly. */
export function plainly(pieces: readonly Buffer[], version: 4 | 5, bounds: Bounds): Framed {
  const framed: Framed = { seen: [], acks: '', filtered: 0, retained: 0, dropped: 0, error: undefined }
  const aliases: (string | undefined)[] = []
  const acknowledge = (packetId: number) => {
    if (packetId > 0) framed.acks += (0x40020000 + packetId).toString(16)
  }
  const sink: PlainSink = {
    publish(bytes, topicStart, topicEnd, payload, end, header, packetId, alias) {
      let topic: string | undefined = bytes.toString('latin1', topicStart, topicEnd)
      if (alias > 0) {
        if (alias > ALIAS_MAX) throw new ProtocolError(`topic alias ${alias}, allowed are 1 to ${ALIAS_MAX}`)
        if (topic === '') topic = aliases[alias]
        if (topic === undefined) throw new ProtocolError(`topic alias ${alias} was never given a topic`)
        aliases[alias] = topic
      }
      if (end - payload > bounds.payloadBytes) framed.dropped++
      else
        framed.seen.push({
          topic,
          payload: bytes.toString('latin1', payload, end),
          flags: (header & 1 ? 2 : 0) | (header & 8 ? 4 : 0),
          packetId,
        })
      acknowledge(packetId)
      return true
    },
    oversized(packetId) {
      framed.dropped++
      acknowledge(packetId)
    },
    control(bytes, start, end) {
      framed.seen.push({ control: bytes.toString('hex', start, end) })
    },
  }
  const framer = new PlainFramer(version, bounds, sink)
  let rest = Buffer.alloc(0)
  try {
    for (const piece of pieces) {
      const bytes = Buffer.concat([rest, piece])
      rest = bytes.subarray(framer.parse(bytes, 0, bytes.length))
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    framed.error = error.message
  }
  return framed
}
