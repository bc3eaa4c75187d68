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
  #item: number
  #end: number
  #pieces: Buffer[] = []

  constructor(sizes: Partial<EncoderSizes> = {}) {
    const memory = (this.#memory = new Memory({ powers: POWERS_BYTES, ...SIZES, ...sizes }))
    this.#bytes = Buffer.from(memory.memory.buffer)
    this.#module = instantiateEncode(memory.memory)
    const { powers, texts, items, out } = memory.regions
    writePowers(memory, powers.start)
    this.#nextText = texts.start
    this.#item = items.start
    this.#end = out.start
  }

  encode({ measurement, timeUs, device, field, value, firstField, lines }: Points): Buffer {
    const { pane } = this.#memory.regions
    // Between two lines stand the time of the one and the measurement of the other.
    const time = ` ${timeUs}000\n`
    const paneBytes = this.#write(time + escapeName(measurement, 'measurement'), pane.start, pane.end)
    let head = pane.start + time.length
    let headWhat = ((paneBytes - time.length) << 2) | ITEM_ALONE
    for (let i = 0; i < lines; i++) {
      this.#put(head, headWhat, 0)
      head = pane.start
      headWhat = (paneBytes << 2) | ITEM_ALONE
      const tags = this.#tagsOf(device[i])
      this.#put(tags.address, tags.what, 0)
      const first = firstField[i]
      const end = firstField[i + 1]
      for (let f = first; f < end; f++) {
        const { address, what } = this.#fieldOf(field[f], f - first)
        // Before the first there is no comma.
        if (f === first) this.#put(address + 1, what - (1 << 2), value[f])
        else this.#put(address, what, value[f])
      }
    }
    if (lines > 0) this.#put(pane.start, (time.length << 2) | ITEM_ALONE, 0)
    this.#flush()
    return this.#take()
  }

  #put(address: number, what: number, value: number): void {
    const { u32, f64, regions } = this.#memory
    if (this.#item + ITEM_BYTES > regions.items.end) this.#flush()
    const item = this.#item
    this.#item = item + ITEM_BYTES
    f64[(item + ITEM_VALUE) >>> 3] = value
    u32[(item + ITEM_TEXT) >>> 2] = address
    u32[(item + ITEM_WHAT) >>> 2] = what
  }

  /** Items become bytes. */
  #flush(): void {
    const { items, out, powers } = this.#memory.regions
    for (let item = items.start; item < this.#item; ) {
      const next = this.#module.encode(item, this.#item, this.#end, out.end, powers.start)
      if (next === item && this.#end === out.start) bug('a name is longer than what is encoded at once')
      item = next
      this.#end = this.#module.textEnd.value
      if (item < this.#item) this.#cut()
    }
    this.#item = items.start
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
    const known = this.#byNumber[device.id]
    if (known?.of === device) return known
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
    const known = this.#byPlace[place]
    if (known?.of === field) return known
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
      this.#flush()
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
