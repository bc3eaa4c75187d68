/** First size of what holds the beginning of a frame from earlier chunks. */
export const CARRY_BYTES = 256

type Bytes = Uint8Array<ArrayBuffer>

/** Room for `needed` bytes with the first `used` of the carry in it: doubled, and never more than `limitBytes`. */
export function grown(carry: Bytes, used: number, needed: number, limitBytes: number): Bytes {
  if (needed <= carry.length) return carry
  const larger = new Uint8Array(Math.min(limitBytes, Math.max(needed, 2 * carry.length)))
  larger.set(carry.subarray(0, used))
  return larger
}
