// The stream under mqtt.js. The socket reads into the framer's memory; messages go from there straight into the source's output,
// and only what is left (CONNACK, SUBACK, PINGRESP and the like) travels on to mqtt.js, whose own packets pass
// through unchanged. A burst is what one turn of the event loop read: its frames are ended together, and its
// acknowledgements go out in one write once the output says that they are safe.

import type net from 'node:net'
import { Duplex } from 'node:stream'
import type { Timer } from '../../model/clock.js'
import type { SourceOutput } from '../../model/source.js'
import { type Bounds, type Counted, type Framer, type PacketSink, READ_BYTES } from './framer.js'
import { Gather } from './gather.js'
import { ProtocolError } from './protocol-error.js'

/** Messages of QoS 1 that may be on their way to us unacknowledged, announced in MQTT 5. */
export const RECEIVE_MAXIMUM = 8192

/** Topic aliases that the broker may use, announced in MQTT 5. */
export const TOPIC_ALIAS_MAXIMUM = 1024

/** What the framer of a source with this longest payload takes. */
export const boundsOf = (maxFrameBytes: number): Bounds => ({
  payloadBytes: maxFrameBytes,
  // Besides the payload there are topic and properties.
  publishBytes: maxFrameBytes + 128 * 1024,
  controlBytes: 256 * 1024,
})

/** Opens the socket with this `onread`. */
export type OpenSocket = (onread: { buffer: () => Uint8Array; callback: (bytes: number) => boolean }) => net.Socket

export interface TapOptions {
  version: 4 | 5
  /** The longest pause that the source allows itself, ms. */
  longestPauseMs: number
  /** TLS hands over one record at a time, however many have arrived. */
  tls: boolean
  open: OpenSocket
}

const CONNACK = 2

/** The first flag of a CONNACK packet, behind its length. */
function sessionPresent(bytes: Buffer, start: number, end: number): boolean {
  let at = start + 1
  while (at < end && bytes[at] & 0x80) at++
  return at + 1 < end && (bytes[at + 1] & 1) === 1
}

/** Counts of one connection, for /status. */
export interface TapCounts {
  reads: number
  messages: number
  /** Writes of acknowledgements, and how many were in them. */
  ackWrites: number
  acks: number
  pauseMs: number
}

/** One connection. Made inside mqtt.js's stream builder; ends with 'close' after the socket did. */
export class Tap extends Duplex implements PacketSink {
  readonly counts: TapCounts = { reads: 0, messages: 0, ackWrites: 0, acks: 0, pauseMs: 0 }
  readonly #socket: net.Socket
  readonly #gather: Gather
  #lastRead = 0
  #burstBytes = 0
  #gathered = { messages: 0, acknowledged: false, bytes: 0 }
  #burstOpen = false
  #settling = false
  #stalled = false
  #stopping = false
  #pause: Timer | undefined

  constructor(
    readonly out: SourceOutput,
    readonly framer: Framer,
    readonly options: TapOptions,
  ) {
    super({ allowHalfOpen: false })
    framer.begin(
      options.version === 5
        ? { version: 5, aliasMax: TOPIC_ALIAS_MAXIMUM, receiveMaximum: RECEIVE_MAXIMUM }
        : { version: 4, aliasMax: 0, receiveMaximum: 0xffff_ffff },
    )
    this.#gather = new Gather(out.clock.monotonicMs())
    const socket = options.open({ buffer: () => framer.space(), callback: (bytes) => this.#received(bytes) })
    socket.on('error', (error) => this.destroy(error))
    socket.on('end', () => this.push(null))
    socket.on('close', () => this.destroy())
    this.#socket = socket
  }

  /** True while the output has no room: nothing is read, so no answer to a ping either. */
  get stalled(): boolean {
    return this.#stalled
  }

  /** Ends the open burst and lets what still arrives go by, so that the connection can end in order. */
  stop(): void {
    this.#endBurst()
    this.#stopping = true
    this.#resume()
  }

  roomFor(firstBytes: number): number {
    return this.out.roomFor(firstBytes)
  }

  takeFrames(bytes: Uint8Array, start: number, end: number): void {
    this.out.takeFrames(bytes, start, end)
  }

  counted({ messages, filtered, retained, dropped }: Counted): void {
    this.#burstOpen = true
    this.counts.messages += messages
    this.#gathered.messages += messages
    if (filtered > 0) this.out.count('filtered', filtered)
    if (retained > 0) this.out.count('retained', retained)
    if (dropped > 0) this.out.count('dropped', dropped)
  }

  control(bytes: Buffer, start: number, end: number): void {
    // Messages of the session may follow in the same read: nobody else hears of it in time.
    if (bytes[start] >> 4 === CONNACK) this.out.session(sessionPresent(bytes, start, end))
    this.push(Buffer.from(bytes.subarray(start, end)))
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(chunk)
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)))
    done()
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#pause?.cancel()
    this.#countLeft()
    if (this.#socket.closed) done(error)
    else this.#socket.once('close', () => done(error)).destroy()
  }

  #received(bytes: number): boolean {
    if (this.#stopping || this.destroyed) return true
    this.counts.reads++
    this.#lastRead = bytes
    this.#burstBytes += bytes
    this.framer.filled(bytes)
    // TLS hands on what it has decrypted already even when it was told to stop.
    if (!this.#stalled) this.#parse()
    return !this.#stalled
  }

  #parse(): void {
    try {
      this.framer.parse(this)
    } catch (error) {
      this.#fail(error as Error)
      return
    }
    if (this.framer.full) this.#stall()
    if (this.#burstOpen && !this.#settling) {
      this.#settling = true
      setImmediate(() => this.#settle())
    }
  }

  #fail(error: Error): void {
    this.#endBurst()
    if (error instanceof ProtocolError) {
      this.out.lostBytes(this.framer.unread)
      // DISCONNECT with the reason "malformed packet"
      if (this.options.version === 5) this.#socket.write(Buffer.from([0xe0, 1, 0x81]))
    }
    this.framer.forget()
    this.destroy(error)
  }

  #endBurst(): void {
    if (!this.#burstOpen) return
    this.#burstOpen = false
    const acks = this.framer.takeAcks()
    if (!acks) {
      this.out.endBurst()
      return
    }
    this.#gathered.acknowledged = true
    this.out.endBurst(() => {
      // The framer is the next connection's.
      if (this.destroyed) return
      this.framer.acknowledged(acks.length / 4)
      if (!this.#socket.writable) return
      this.counts.acks += acks.length / 4
      this.counts.ackWrites++
      this.#socket.write(acks)
    })
  }

  #settle(): void {
    this.#settling = false
    this.#endBurst()
    this.#gathered.bytes += this.#burstBytes
    const full = this.#lastRead === READ_BYTES || (this.options.tls && this.#burstBytes > READ_BYTES / 2)
    this.#burstBytes = 0
    // A full read is followed by another at once.
    if (full || this.#stalled || this.#stopping || this.#pause || this.destroyed) return
    const { messages, acknowledged, bytes } = this.#gathered
    this.#gathered = { messages: 0, acknowledged: false, bytes: 0 }
    const longestMs = Math.min(this.out.gatherMs(), this.options.longestPauseMs)
    this.counts.pauseMs = this.#gather.pauseMs(messages, acknowledged, bytes, this.out.clock.monotonicMs(), longestMs)
    if (this.counts.pauseMs === 0) return
    this.#socket.pause()
    this.#pause = this.out.clock.after(this.counts.pauseMs, () => this.#resume())
  }

  #resume(): void {
    this.#pause?.cancel()
    this.#pause = undefined
    if (!this.#stalled || this.#stopping) this.#socket.resume()
  }

  #stall(): void {
    this.#stalled = true
    this.#socket.pause()
    void this.out.ready().then(() => {
      this.#stalled = false
      if (this.destroyed || this.#stopping) return
      this.#parse()
      if (!this.#stalled) this.#resume()
    })
  }

  /** Counts what was read but never found room: QoS 1 comes again, QoS 0 does not. */
  #countLeft(): void {
    const left = this.framer.countLeft()
    if (left > 0) this.out.count('dropped', left)
    this.framer.forget()
  }
}
