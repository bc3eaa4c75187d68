import * as v from 'valibot'
import { byteSize } from '../model/schema.js'
import { type CrcOptions, CrcTail, crcOptions } from './crc.js'
import { escapedBytes } from './escaped.js'
import type { BadFrame, FrameReceiver, Framer, FramingComponent } from './framing.js'

const says = v.description
const NOTHING = new Uint8Array(0)
/** Bytes that checks may read for each byte received: what keeps a stream made of beginnings from costing its square. */
const WORK = 256

export interface LengthOptions extends CrcOptions {
  /** What every frame begins with. */
  sync: Uint8Array
  /** Bytes between `sync` and the length. */
  offset: number
  size: 1 | 2 | 4
  order: 'little' | 'big'
  counts: 'payload' | 'rest' | 'frame'
  maxPayload: number
  crcFrom: 'sync' | 'header' | 'payload'
}

/** Frames that tell their length in front. */
export const length: FramingComponent<LengthOptions> = {
  type: 'length',
  summary: 'Binary frames that tell their length in front',
  options: {
    sync: v.optional(
      v.pipe(
        escapedBytes(8),
        says(
          'What every frame begins with. Without it a lost byte is found out only by a length or check that is wrong.',
        ),
      ),
    ),
    offset: v.optional(
      v.pipe(
        v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(64)),
        says('Bytes between `sync` and the length, such as an address; they are not handed on.'),
      ),
      0,
    ),
    size: v.optional(v.pipe(v.picklist([1, 2, 4]), says('Bytes of the length.')), 2),
    order: v.optional(v.pipe(v.picklist(['little', 'big']), says('Which byte of the length comes first.')), 'little'),
    counts: v.optional(
      v.pipe(
        v.picklist(['payload', 'rest', 'frame']),
        says(
          'What the length counts: the payload, all that follows it (payload and check), or the frame from its first byte.',
        ),
      ),
      'payload',
    ),
    maxPayload: v.optional(
      v.pipe(
        byteSize(),
        says(
          'The longest payload; a length beyond it is none. A damaged length holds back as many bytes: keep it near your longest frame.',
        ),
      ),
      1024,
    ),
    ...crcOptions,
    crcFrom: v.optional(
      v.pipe(
        v.picklist(['sync', 'header', 'payload']),
        says('Where the check begins: at the first byte, behind `sync`, or at the payload.'),
      ),
      'header',
    ),
  },
  create: (options, maxFrameBytes) => new LengthFramer(options, maxFrameBytes),
}

class LengthFramer implements Framer {
  readonly #o: LengthOptions
  readonly #sync: Uint8Array
  readonly #maxPayloadBytes: number
  readonly #tail: CrcTail
  readonly #headBytes: number
  readonly #crcFrom: number
  /** Bytes not yet told of: the beginning of a frame, or what may be one. */
  #held = new Uint8Array(256)
  #start = 0
  #end = 0
  /** Where in the stream #held[#start] stands, and what checks have cost so far, bytes. */
  #position = 0
  #work = 0
  /** The frame that was due is not there: what only seems to begin one meanwhile is not told again. */
  #searching = false

  constructor(options: LengthOptions, maxFrameBytes: number) {
    this.#o = options
    this.#sync = options.sync ?? NOTHING
    this.#maxPayloadBytes = Math.min(options.maxPayload, maxFrameBytes)
    this.#tail = new CrcTail(options)
    this.#headBytes = this.#sync.length + options.offset + options.size
    this.#crcFrom = { sync: 0, header: this.#sync.length, payload: this.#headBytes }[options.crcFrom]
  }

  push(chunk: Uint8Array, to: FrameReceiver): void {
    // A piece at a time, so that no more is held than one frame and one piece.
    for (let at = 0; at < chunk.length; at += 4096) {
      this.#hold(chunk.subarray(at, at + 4096))
      while (this.#next(to));
    }
  }

  end(to: FrameReceiver): void {
    if (this.#end > this.#start) to.lost(this.#end - this.#start)
    this.#start = this.#end = this.#position = this.#work = 0
    this.#searching = false
  }

  /** Takes one frame, or bytes that are none, off what is held; false where that needs more bytes. */
  #next(to: FrameReceiver): boolean {
    const garbage = this.#garbage()
    if (garbage > 0) {
      to.lost(garbage)
      this.#drop(garbage)
      return true
    }
    if (this.#end - this.#start < this.#headBytes) return false
    const payload = this.#payloadBytes()
    if (payload < 0 || payload > this.#maxPayloadBytes) {
      this.#lose(1, payload < 0 ? 'malformed' : 'long', to)
      return true
    }
    const whole = this.#headBytes + payload + this.#tail.bytes
    if (this.#end - this.#start < whole) return false
    const payloadStart = this.#start + this.#headBytes
    if (!this.#tail.bytes || this.#tail.holds(this.#held, this.#start + this.#crcFrom, payloadStart + payload)) {
      if (payload > 0) to.frame(this.#held, payloadStart, payloadStart + payload)
      this.#drop(whole)
      this.#searching = false
      return true
    }
    // A good frame may begin inside a bad one.
    this.#work += whole
    const dear = this.#work > WORK * (this.#position + whole)
    this.#lose(dear ? whole : 1, 'crc', to)
    return true
  }

  #lose(bytes: number, why: BadFrame, to: FrameReceiver): void {
    to.lost(bytes, this.#searching ? undefined : why)
    this.#searching = true
    this.#drop(bytes)
  }

  /** How many of the held bytes stand before anything that may be `sync`. */
  #garbage(): number {
    const { length: syncLength } = this.#sync
    if (syncLength === 0) return 0
    for (let at = this.#start; at < this.#end; at++) {
      const known = Math.min(syncLength, this.#end - at)
      let same = 0
      while (same < known && this.#held[at + same] === this.#sync[same]) same++
      if (same === known) return at - this.#start
    }
    return this.#end - this.#start
  }

  #payloadBytes(): number {
    const { size, order, counts, offset } = this.#o
    const at = this.#start + this.#sync.length + offset
    let told = 0
    for (let i = 0; i < size; i++) told = told * 256 + this.#held[at + (order === 'big' ? i : size - 1 - i)]
    if (counts === 'payload') return told
    return told - this.#tail.bytes - (counts === 'frame' ? this.#headBytes : 0)
  }

  #drop(bytes: number): void {
    this.#start += bytes
    this.#position += bytes
    if (this.#start === this.#end) this.#start = this.#end = 0
  }

  #hold(piece: Uint8Array): void {
    const length = this.#end - this.#start
    if (this.#end + piece.length > this.#held.length) {
      const room = length + piece.length
      const to = room > this.#held.length ? new Uint8Array(Math.max(room, 2 * this.#held.length)) : this.#held
      if (to === this.#held) to.copyWithin(0, this.#start, this.#end)
      else to.set(this.#held.subarray(this.#start, this.#end))
      this.#held = to
      this.#start = 0
      this.#end = length
    }
    this.#held.set(piece, this.#end)
    this.#end += piece.length
  }
}
