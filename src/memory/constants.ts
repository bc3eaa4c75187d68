import {
  CONSTANT_FIVES,
  CONSTANT_TENS,
  CONSTANTS_BYTES,
  GREATEST_POWER,
  LEAST_POWER,
} from '../../assembly/decode/constants.js'
import type { Arena } from '../model/codec.js'

/** Writes the tables that the decoder's number reader needs into the arena; their address goes to DECODE_CONSTANTS. */
export function writeConstants(arena: Arena): number {
  const address = arena.alloc(CONSTANTS_BYTES)
  const view = new DataView(arena.memory.buffer)
  for (let power = 0; power <= 22; power++)
    view.setFloat64(address + CONSTANT_TENS + power * 8, Number(`1e${power}`), true)
  for (let power = LEAST_POWER; power <= GREATEST_POWER; power++) {
    const bits = leadingBitsOfFive(power)
    const at = address + CONSTANT_FIVES + (power - LEAST_POWER) * 16
    view.setBigUint64(at, bits >> 64n, true)
    view.setBigUint64(at + 8, bits & 0xffff_ffff_ffff_ffffn, true)
  }
  return address
}

/**
 * The 128 leading bits of 5^power, cut off, but rounded up for powers from -27 to -1, whose ties must come out exact.
 * D. Lemire, "Number parsing at a gigabyte per second", 2021, section 5 and appendix B.
 */
function leadingBitsOfFive(power: number): bigint {
  const five = 5n ** BigInt(Math.abs(power))
  if (power >= 0) return toLength(five, 128)
  const bits = BigInt(bitLength(five))
  const scale = power >= -27 ? bits + 127n : 2n * bits + 128n
  return toLength((1n << scale) / five + 1n, 128)
}

function toLength(value: bigint, bits: number): bigint {
  const shift = bits - bitLength(value)
  return shift >= 0 ? value << BigInt(shift) : value >> BigInt(-shift)
}

/** Of a positive number. */
export function bitLength(value: bigint): number {
  const hex = value.toString(16)
  return hex.length * 4 - Math.clz32(Number.parseInt(hex[0], 16)) + 28
}
