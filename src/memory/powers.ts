import { GREATEST_TEN, LEAST_TEN } from '../../assembly/encode/layout.js'
import { bitLength } from './constants.js'

/** Writes the table of powers of ten that the encoder's shortest decimals come from. */
export function writePowers({ view }: { view: DataView }, address: number): void {
  for (let power = LEAST_TEN; power <= GREATEST_TEN; power++) {
    const bits = leadingBitsOfTen(power)
    const at = address + (power - LEAST_TEN) * 16
    view.setBigUint64(at, bits >> 64n, true)
    view.setBigUint64(at + 8, bits & 0xffff_ffff_ffff_ffffn, true)
  }
}

/** The 128 leading bits of 10^power, rounded up. */
function leadingBitsOfTen(power: number): bigint {
  // 10^power is 2^power times this, and has its bits.
  const five = 5n ** BigInt(Math.abs(power))
  const length = BigInt(bitLength(five))
  if (power < 0) return (1n << (length + 127n)) / five + 1n
  const extra = length - 128n
  return extra <= 0n ? five << -extra : ((five - 1n) >> extra) + 1n
}
