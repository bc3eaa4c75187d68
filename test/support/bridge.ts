import { readFileSync } from 'node:fs'
import type { Described } from '../../firmware-bridge/host/encode.js'
import {
  type Data,
  type Descriptor,
  FIELD_TYPES,
  MESSAGE_MAX_BYTES,
  parseMessage,
} from '../../firmware-bridge/host/message.js'
import { cobsFramer } from '../../src/framing/cobs.js'

/** The golden frames that C and TypeScript both read. */
export interface Vectors {
  good: {
    name: string
    descriptor: Described & { description: number }
    descriptorFrame: string
    data: { sequence: number; ticks: number; rows: number[][]; frame: string }[]
  }[]
  /** Good frames of messages that are refused. */
  bad: { name: string; reason: string; frame: string }[]
  badFrames: { name: string; why: string; frame: string }[]
}

export const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../firmware-bridge/vectors/frames.json', import.meta.url), 'utf8'),
)

/** A data frame with its rows as raw values. */
export type ReadData = Pick<Data, 'stream' | 'sequence' | 'ticks'> & { name: string; rows: number[][] }

/** What a device sent, read by the host's side of the protocol; what can't be read is counted. */
export function readDevice(bytes: Uint8Array): {
  descriptors: Descriptor[]
  data: ReadData[]
  bad: number
  lost: number
} {
  const seen = { descriptors: [] as Descriptor[], data: [] as ReadData[], bad: 0, lost: 0 }
  const known = new Map<string, Descriptor>()
  cobsFramer({ crc: 'crc32-iso-hdlc' }, MESSAGE_MAX_BYTES - 4).push(bytes, {
    frame(message, start, end) {
      const read = parseMessage(message, start, end)
      if (read.kind === 'descriptor') {
        known.set(`${read.stream} ${read.description}`, read)
        seen.descriptors.push(read)
      } else if (read.kind === 'data') {
        const descriptor = known.get(`${read.stream} ${read.description}`)
        if (!descriptor) return void seen.bad++
        const { stream, sequence, ticks } = read
        seen.data.push({ stream, sequence, ticks, name: descriptor.name, rows: rowsOf(descriptor, message, read) })
      } else seen.bad++
    },
    lost(count, why) {
      seen.lost += count
      if (why) seen.bad++
    },
  })
  return seen
}

function rowsOf({ fields, rowBytes }: Descriptor, bytes: Uint8Array, { rowsStart, rowsEnd }: Data): number[][] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const rows: number[][] = []
  for (let at = rowsStart; at < rowsEnd; at += rowBytes) {
    let field = at
    rows.push(
      fields.map(({ type }) => {
        const { name, bytes: size } = FIELD_TYPES[type]!
        const from = field
        field += size
        if (name === 'f32') return view.readFloatLE(from)
        return name.startsWith('u') ? view.readUIntLE(from, size) : view.readIntLE(from, size)
      }),
    )
  }
  return rows
}
