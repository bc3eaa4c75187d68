import { crc32, type Descriptor } from './message.js'

const T = ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32']
export function encodeDescriptor(d: Omit<Descriptor, 'kind' | 'description'>): Uint8Array {
  const text = (s: string) => {
    const b = Buffer.from(s)
    return Buffer.concat([Buffer.of(b.length), b])
  }
  const head = Buffer.alloc(12)
  head[0] = 0x11
  head[1] = d.stream
  head.writeUInt16LE(d.boot, 2)
  head.writeUInt32LE(d.tickRateHz, 4)
  head.writeUInt32LE(d.periodTicks, 8)
  return Buffer.concat([
    head,
    text(d.name),
    Buffer.of(d.fields.length),
    ...d.fields.flatMap((f) => {
      const b = Buffer.alloc(13)
      b[0] = T.indexOf(f.type) + 1
      b.writeInt32LE(f.offset, 1)
      b.writeInt32LE(f.multiplier, 5)
      b.writeUInt32LE(f.divisor, 9)
      return [b, text(f.name), text(f.unit)]
    }),
  ])
}
export function encodeFrame(message: Uint8Array): Uint8Array {
  const crc = Buffer.alloc(4)
  crc.writeUInt32LE(crc32(message, 0, message.length))
  const raw = Buffer.concat([message, crc])
  const out: number[] = []
  let block: number[] = []
  for (const byte of raw) {
    if (byte === 0) {
      out.push(block.length + 1, ...block)
      block = []
    } else {
      block.push(byte)
      if (block.length === 254) {
        out.push(255, ...block)
        block = []
      }
    }
  }
  out.push(block.length + 1, ...block, 0)
  return Uint8Array.from(out)
}
