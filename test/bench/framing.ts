import * as v from 'valibot'
import { cobsEncode } from '../../firmware-bridge/host/cobs.js'
import type { FramingComponent } from '../../src/framing/framing.js'
import { framings } from '../../src/framing/index.js'
import { crcs } from '../../src/memory/crc.js'
import type { Bench } from './main.js'

const FRAME_BYTES = 64
const FRAMES = 200_000
/** As much as one read of a busy serial port brings. */
const CHUNK_BYTES = 4096
const ROUNDS = 7

/** Bytes of every value, the same at each run. */
function payload(i: number): Buffer {
  return Buffer.from(Array.from({ length: FRAME_BYTES }, (_, k) => (i * 31 + k * 37) & 255))
}

function checked(bytes: Uint8Array, name: string | undefined): Uint8Array {
  const crc = crcs.find((one) => one.name === name)
  if (!crc) return bytes
  const value = crc.of(bytes, 0, bytes.length)
  const tail = Array.from(
    { length: crc.bytes },
    (_, i) => value >>> (8 * (crc.order === 'little' ? i : crc.bytes - 1 - i)),
  )
  return Buffer.concat([bytes, Uint8Array.from(tail)])
}

const lengthOf = (bytes: Uint8Array) => Uint8Array.of(bytes.length & 255, bytes.length >> 8)
const escaped = (bytes: Uint8Array) =>
  [...bytes].flatMap((byte) => (byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : byte))

type Sender = (bytes: Uint8Array, crc?: string) => Uint8Array[]

const senders: Record<string, { options: object; send: Sender }> = {
  line: {
    options: {},
    send: () => [Buffer.from(''.padEnd(FRAME_BYTES, '21.5,')), Buffer.from('\r\n')],
  },
  length: {
    options: { sync: '\\xaa\\x55' },
    send: (bytes, crc) => [Uint8Array.of(0xaa, 0x55), checked(Buffer.concat([lengthOf(bytes), bytes]), crc)],
  },
  cobs: { options: {}, send: (bytes, crc) => [cobsEncode(checked(bytes, crc)), Uint8Array.of(0)] },
  slip: { options: {}, send: (bytes, crc) => [Uint8Array.from(escaped(checked(bytes, crc))), Uint8Array.of(0xc0)] },
}

/** Frames of 64 bytes out of chunks of 4 KiB, each framing with and without a CRC, on one thread. */
export async function run(): Promise<Bench> {
  const rows = Object.entries(senders).flatMap(([type, { options, send }]) => {
    const component = framings.find((one) => one.type === type)!
    const names = 'crc' in component.options ? [undefined, 'crc16-modbus', 'crc32-iso-hdlc'] : [undefined]
    return names.map((crc) => measure(component, crc, { ...options, ...(crc && { crc }) }, send))
  })
  return {
    title: `${FRAMES.toLocaleString('en')} frames of ${FRAME_BYTES} bytes in chunks of ${CHUNK_BYTES}, best of ${ROUNDS} rounds`,
    rows,
    notes: ['MB/s of the bytes on the wire'],
  }
}

function measure(component: FramingComponent, crc: string | undefined, options: object, send: Sender) {
  const wire = Buffer.concat(Array.from({ length: FRAMES }, (_, i) => send(payload(i), crc)).flat())
  let bestMs = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const framer = component.create(v.parse(v.strictObject(component.options), options) as never, 4096)
    let frames = 0
    const receiver = {
      frame: (_bytes: Uint8Array, start: number, end: number) => void (frames += (end - start) / FRAME_BYTES),
      lost(bytes: number) {
        throw new Error(`${component.type} lost ${bytes} bytes of a clean stream`)
      },
    }
    const fromMs = performance.now()
    for (let at = 0; at < wire.length; at += CHUNK_BYTES) framer.push(wire.subarray(at, at + CHUNK_BYTES), receiver)
    bestMs = Math.min(bestMs, performance.now() - fromMs)
    if (frames !== FRAMES) throw new Error(`${component.type} found ${frames} of ${FRAMES} frames`)
  }
  return {
    framing: component.type,
    crc: crc ?? 'none',
    'ns a frame': (bestMs * 1e6) / FRAMES,
    'MB/s': wire.length / bestMs / 1000,
  }
}
