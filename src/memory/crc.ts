import { crc32 } from 'node:zlib'

/** A cyclic redundancy check over bytes[start, end). */
export interface Crc {
  readonly name: string
  readonly bytes: 1 | 2 | 4
  /** Which of its bytes is sent first where the protocol does not say otherwise. */
  readonly order: 'little' | 'big'
  /** How it is computed by its table, for the decoder. */
  readonly parameters: CrcParameters
  of(bytes: Uint8Array, start: number, end: number): number
}

/** What makes a check, in the terms of the catalogue. */
export interface CrcParameters {
  name: string
  width: 8 | 16 | 32
  poly: number
  init: number
  /** Input and output are reflected: the lowest bit goes first. */
  reflected: boolean
  xorout: number
}

/** Under their names in the Catalogue of parametrised CRC algorithms (G. Cook). */
const PARAMETERS: readonly CrcParameters[] = [
  { name: 'crc8-smbus', width: 8, poly: 0x07, init: 0, reflected: false, xorout: 0 },
  { name: 'crc8-maxim-dow', width: 8, poly: 0x31, init: 0, reflected: true, xorout: 0 },
  { name: 'crc16-modbus', width: 16, poly: 0x8005, init: 0xffff, reflected: true, xorout: 0 },
  { name: 'crc16-ibm-3740', width: 16, poly: 0x1021, init: 0xffff, reflected: false, xorout: 0 },
  { name: 'crc16-ibm-sdlc', width: 16, poly: 0x1021, init: 0xffff, reflected: true, xorout: 0xffff },
  { name: 'crc16-kermit', width: 16, poly: 0x1021, init: 0, reflected: true, xorout: 0 },
  { name: 'crc16-xmodem', width: 16, poly: 0x1021, init: 0, reflected: false, xorout: 0 },
  { name: 'crc32-iscsi', width: 32, poly: 0x1edc6f41, init: 0xffffffff, reflected: true, xorout: 0xffffffff },
]

/** zlib's own, faster than a table here. */
export const CRC_32: Crc = {
  name: 'crc32-iso-hdlc',
  bytes: 4,
  order: 'little',
  parameters: {
    name: 'crc32-iso-hdlc',
    width: 32,
    poly: 0x04c11db7,
    init: 0xffffffff,
    reflected: true,
    xorout: 0xffffffff,
  },
  of: (bytes, start, end) => crc32(bytes.subarray(start, end)),
}

/** Every check there is. */
export const crcs: readonly Crc[] = [...PARAMETERS.map(tabled), CRC_32]

function tabled(parameters: CrcParameters): Crc {
  const { name, width, init, reflected, xorout } = parameters
  const table = crcTable(parameters)
  const mask = maskOf(width)
  const of = reflected
    ? (bytes: Uint8Array, start: number, end: number) => {
        let crc = init
        for (let i = start; i < end; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 255]
        return (crc ^ xorout) >>> 0
      }
    : (bytes: Uint8Array, start: number, end: number) => {
        let crc = init
        for (let i = start; i < end; i++) crc = ((crc << 8) ^ table[((crc >>> (width - 8)) ^ bytes[i]) & 255]) & mask
        return (crc ^ xorout) >>> 0
      }
  return { name, bytes: (width / 8) as Crc['bytes'], order: reflected ? 'little' : 'big', parameters, of }
}

/** A byte's worth of the check: what it does to the register, for each of the 256 bytes. */
export function crcTable({ width, poly, reflected }: CrcParameters): Uint32Array {
  const table = new Uint32Array(256)
  const turned = reverse(poly, width)
  for (let byte = 0; byte < 256; byte++) {
    let crc = reflected ? byte : (byte << (width - 8)) >>> 0
    for (let bit = 0; bit < 8; bit++) {
      if (reflected) crc = crc & 1 ? (crc >>> 1) ^ turned : crc >>> 1
      else crc = (crc >>> (width - 1)) & 1 ? (crc << 1) ^ poly : crc << 1
    }
    table[byte] = crc & maskOf(width)
  }
  return table
}

function maskOf(width: number): number {
  return width === 32 ? 0xffffffff : (1 << width) - 1
}

function reverse(value: number, width: number): number {
  let turned = 0
  for (let bit = 0; bit < width; bit++) if ((value >>> bit) & 1) turned |= 1 << (width - 1 - bit)
  return turned >>> 0
}
