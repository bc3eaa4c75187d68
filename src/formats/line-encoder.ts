import {
  ITEM_ALONE,
  ITEM_BYTES,
  ITEM_FLOAT,
  ITEM_INTEGER,
  ITEM_TEXT,
  ITEM_VALUE,
  ITEM_WHAT,
  POWERS_BYTES,
} from '../../assembly/encode/layout.js'
import { type EncodeModule, instantiateEncode } from '../memory/modules.js'
import { writePowers } from '../memory/powers.js'
import { Memory } from '../memory/regions.js'
import { bug } from '../model/errors.js'
import type { Device, PointField, Points } from '../model/points.js'
import { escapeName } from './line-names.js'

/** Bytes of the encoder's memory; tests make them small. What is not written to costs address space only. */
export interface EncoderSizes {
  /** Texts of devices and fields: about 200,000. When they are full all are written anew as they come. */
  texts: number
  /** Measurement and time of one pane. */
  pane: number
  /** Items written before the module is called. */
  items: number
  /** The longest piece; the bytes of one `encode` are one where they fit. */
  out: number
}

const SIZES: EncoderSizes = { texts: 32 << 20, pane: 1 << 20, items: 1 << 16, out: 2 << 20 }

/** What a device or field is called in the encoder's memory. */
interface Text {
  of: Device | PointField
  address: number
  /** As ITEM_WHAT has it. */
  what: number
}

/** Points as line protocol, written in WebAssembly: names are escaped and handed over once, and from then on told by address. */
export class LineEncoder {
  readonly #memory: Memory<keyof EncoderSizes | 'powers'>
  readonly #bytes: Buffer
  readonly #module: EncodeModule
  #texts = new WeakMap<Device | PointField, Text>()
  /** Those met last, by a device's number, and by a field's place in its line. */
  #byNumber: (Text | undefined)[] = []
  #byPlace: Text[] = []
  #nextText: number
  /** Where the next item goes, while a text is added. */
  #item = 0
  #end: number
  #pieces: Buffer[] = []

  constructor(sizes: Partial<EncoderSizes> = {}) {
    const memory = (this.#memory = new Memory({ powers: POWERS_BYTES, ...SIZES, ...sizes }))
    this.#bytes = Buffer.from(memory.memory.buffer)
    this.#module = instantiateEncode(memory.memory)
    const { powers, texts, out } = memory.regions
    writePowers(memory, powers.start)
    this.#nextText = texts.start
    this.#end = out.start
  }

  encode(points: Points): Buffer {
    const { device, field, value, firstField, lines } = points
    const { u32, f64, regions } = this.#memory
    const { pane, items } = regions
    // Between two lines stand the time of the one and the measurement of the other.
    const time = ` ${points.timeUs}000\n`
    const between = this.#write(time + escapeName(points.measurement, 'measurement'), pane.start, pane.end)
    let item = items.start
    const put = (address: number, what: number, x: number) => {
      if (item === items.end) item = this.#flush(item)
      f64[(item + ITEM_VALUE) >>> 3] = x
      u32[(item + ITEM_TEXT) >>> 2] = address
      u32[(item + ITEM_WHAT) >>> 2] = what
      item += ITEM_BYTES
    }
    for (let i = 0; i < lines; i++) {
      if (i === 0) put(pane.start + time.length, ((between - time.length) << 2) | ITEM_ALONE, 0)
      else put(pane.start, (between << 2) | ITEM_ALONE, 0)
      let text = this.#byNumber[device[i].id]
      if (text?.of !== device[i]) {
        this.#item = item
        text = this.#tagsOf(device[i])
        item = this.#item
      }
      put(text.address, text.what, 0)
      const first = firstField[i]
      for (let f = first; f < firstField[i + 1]; f++) {
        text = this.#byPlace[f - first]
        if (text?.of !== field[f]) {
          this.#item = item
          text = this.#fieldOf(field[f], f - first)
          item = this.#item
        }
        // Before the first there is no comma.
        if (f === first) put(text.address + 1, text.what - (1 << 2), value[f])
        else put(text.address, text.what, value[f])
      }
    }
    if (lines > 0) put(pane.start, (time.length << 2) | ITEM_ALONE, 0)
    this.#flush(item)
    return this.#take()
  }

  /** Items up to there become bytes; answers where the next one goes. */
  #flush(end: number): number {
    const { items, out, powers } = this.#memory.regions
    for (let item = items.start; item < end; ) {
      const next = this.#module.encode(item, end, this.#end, out.end, powers.start)
      if (next === item && this.#end === out.start) bug('a name is longer than what is encoded at once')
      item = next
      this.#end = this.#module.textEnd.value
      if (item < end) this.#cut()
    }
    return items.start
  }

  #cut(): void {
    const { out } = this.#memory.regions
    this.#pieces.push(Buffer.from(this.#bytes.subarray(out.start, this.#end)))
    this.#end = out.start
  }

  #take(): Buffer {
    this.#cut()
    const pieces = this.#pieces
    this.#pieces = []
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
  }

  #tagsOf(device: Device): Text {
    const text =
      this.#texts.get(device) ??
      this.#add(
        device,
        `${device.tags.map(([name, value]) => `,${escapeName(name, 'tag')}=${escapeName(value, 'tag')}`).join('')} `,
        ITEM_ALONE,
      )
    // Without holes, which would make it slow.
    while (this.#byNumber.length < device.id) this.#byNumber.push(undefined)
    this.#byNumber[device.id] = text
    return text
  }

  #fieldOf(field: PointField, place: number): Text {
    const text =
      this.#texts.get(field) ??
      this.#add(field, `,${escapeName(field.name, 'field')}=`, field.integer ? ITEM_INTEGER : ITEM_FLOAT)
    this.#byPlace[place] = text
    return text
  }

  #add(of: Text['of'], text: string, kind: number): Text {
    const { start, end } = this.#memory.regions.texts
    if (this.#nextText + 3 * text.length > end) {
      // Items still name what will be overwritten.
      this.#item = this.#flush(this.#item)
      this.#texts = new WeakMap()
      this.#byNumber = []
      this.#byPlace = []
      this.#nextText = start
    }
    const address = this.#nextText
    const bytes = this.#write(text, address, end)
    this.#nextText += bytes
    const made = { of, address, what: (bytes << 2) | kind }
    this.#texts.set(of, made)
    return made
  }

  #write(text: string, address: number, end: number): number {
    if (3 * text.length > end - address) bug(`a name of ${text.length} characters is too long`)
    return this.#bytes.write(text, address)
  }
}
