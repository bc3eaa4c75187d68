// The constants region: tables that the host writes once (`src/memory/constants.ts`) and a scratch of the number reader.
// Compiled by AssemblyScript and TypeScript, as `layout.ts`. Offsets are bytes from `DECODE_CONSTANTS`, aligned to 16.

/// f64[23]: 10^0 to 10^22, all exact.
export const CONSTANT_TENS: u32 = 0
/// u64[2][651]: the 128 leading bits of 5^q, high word first, for q from LEAST_POWER to GREATEST_POWER.
export const CONSTANT_FIVES: u32 = 192
export const LEAST_POWER: i32 = -342
export const GREATEST_POWER: i32 = 308
/// Two big integers of BIG_LIMBS u32 each, least significant first: scratch of one comparison.
export const CONSTANT_BIG: u32 = 10608
export const BIG_LIMBS: u32 = 128
export const CONSTANTS_BYTES: u32 = 11632
