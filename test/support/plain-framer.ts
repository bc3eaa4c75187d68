// The framer without WebAssembly, a packet a call: what the framer of assembly/tap.ts is compared with.
import { checkControl, Properties } from '../../src/sources/mqtt/control.js'
import { ProtocolError } from '../../src/sources/mqtt/protocol-error.js'

/** Bounds of what the framer takes for one packet, bytes. */
export interface PacketBounds {
  /** A PUBLISH longer than this is skipped. */
  publishBytes: number
  /** Any other packet longer than this is a protocol error. */
  controlBytes: number
}

/** Where packets go. Positions point into the bytes given to `parse` and are valid only during the call. */
export interface PacketSink {
  /**
   * A message of QoS 0 or 1 (then `packetId` is not 0); `header` is the packet's first byte, `alias` its topic alias
   * or 0. False: no room; the framer stops before this packet.
   */
  publish(
    bytes: Buffer,
    topic: number,
    topicEnd: number,
    payload: number,
    end: number,
    header: number,
    packetId: number,
    alias: number,
  ): boolean
  /** A message of QoS 0 or 1 longer than the bound; its payload is skipped. */
  oversized(packetId: number): void
  /** Any other packet, checked and whole. */
  control(bytes: Buffer, start: number, end: number): void
}

const PUBLISH = 3

/**
 * Cuts a stream of bytes into MQTT packets, 3.1.1 or 5, without an object per packet. Every length is checked against
 * the bytes at hand before it is used.
 */
export class PlainFramer {
  /** True when the last `parse` stopped because the sink had no room. */
  full = false
  /** Bytes that the packet at the position returned last needs in all, as far as known: room to read it. */
  neededBytes = 0
  #skipBytes = 0
  readonly #properties: Properties | null

  constructor(
    version: 4 | 5,
    readonly bounds: PacketBounds,
    readonly sink: PacketSink,
  ) {
    this.#properties = version === 5 ? new Properties() : null
  }

  /** Hands on the whole packets of bytes[at, end) and returns where it stopped. Throws a ProtocolError. */
  parse(bytes: Buffer, at: number, end: number): number {
    this.full = false
    this.neededBytes = 0
    for (;;) {
      if (this.#skipBytes > 0) {
        const skipped = Math.min(this.#skipBytes, end - at)
        this.#skipBytes -= skipped
        at += skipped
      }
      if (end - at < 2) return at
      const header = bytes[at]
      let body = at + 1
      let byte = bytes[body++]
      let length = byte & 127
      for (let shift = 7; byte > 127; shift += 7) {
        if (shift > 21) throw new ProtocolError('a length that does not end')
        if (body === end) return at
        byte = bytes[body++]
        length |= (byte & 127) << shift
      }
      const next = body + length
      if (header >> 4 !== PUBLISH) {
        if (length > this.bounds.controlBytes) throw new ProtocolError(`a control packet of ${length} bytes`)
        if (next > end) {
          this.neededBytes = next - at
          return at
        }
        checkControl(bytes, header, body, next, this.#properties)
        this.sink.control(bytes, at, next)
        at = next
        continue
      }
      if (next > end) {
        if (length <= this.bounds.publishBytes) {
          this.neededBytes = next - at
          return at
        }
        if (!this.#skip(bytes, at, body, next, end, header)) return at
        continue
      }
      if (length > this.bounds.publishBytes) {
        this.#skip(bytes, at, body, next, end, header)
        continue
      }
      const qos = (header >> 1) & 3
      const topic = body + 2
      const topicEnd = topic + ((bytes[body] << 8) | bytes[body + 1])
      let payload = qos === 0 ? topicEnd : topicEnd + 2
      if (length < 2 || payload > next) throw new ProtocolError('a message shorter than its topic')
      const packetId = qos === 0 ? 0 : (bytes[topicEnd] << 8) | bytes[topicEnd + 1]
      if (qos > 0 && packetId === 0) throw new ProtocolError('a message with packet id 0')
      let alias = 0
      if (this.#properties) {
        if (payload < next && bytes[payload] === 0) payload++
        else {
          payload = this.#properties.read(bytes, payload, next)
          alias = this.#properties.topicAlias
        }
      }
      if (qos > 1) {
        if (qos === 3) throw new ProtocolError('a message with QoS 3')
        this.sink.control(bytes, at, next)
      } else if (!this.sink.publish(bytes, topic, topicEnd, payload, next, header, packetId, alias)) {
        this.full = true
        return at
      }
      at = next
    }
  }

  /** Skips a message too long to hold; false while its packet id is still to come. */
  #skip(bytes: Buffer, at: number, body: number, next: number, end: number, header: number): boolean {
    const qos = (header >> 1) & 3
    if (qos > 1) throw new ProtocolError(`a message of QoS ${qos} with ${next - body} bytes`)
    const topicEnd = body + 2 > end ? body : body + 2 + ((bytes[body] << 8) | bytes[body + 1])
    if (body + 2 > end || topicEnd + 2 > end) {
      this.neededBytes = Math.max(topicEnd, body + 2) + 2 - at
      return false
    }
    if (topicEnd + 2 > next) throw new ProtocolError('a message shorter than its topic')
    const packetId = qos === 0 ? 0 : (bytes[topicEnd] << 8) | bytes[topicEnd + 1]
    if (qos === 1 && packetId === 0) throw new ProtocolError('a message with packet id 0')
    this.sink.oversized(packetId)
    this.#skipBytes = next - at
    return true
  }
}
