// What the encoder reads, and its table, which the host writes once (`src/memory/powers.ts`). Compiled by AssemblyScript and
// TypeScript, as `../layout.ts`.

/// A text, and what follows it.
export const ITEM_BYTES: u32 = 16
export const ITEM_VALUE: u32 = 0 // f64, finite
export const ITEM_TEXT: u32 = 8 // u32: address of UTF-8
export const ITEM_WHAT: u32 = 12 // u32: bytes of the text << 2 | ITEM_ALONE, ITEM_FLOAT or ITEM_INTEGER
export const ITEM_ALONE: u32 = 0 // no value
export const ITEM_FLOAT: u32 = 1
export const ITEM_INTEGER: u32 = 2 // an `i` goes behind it

/// So much room an item takes besides its text: the longest number, and what is written past its end.
export const ITEM_SLACK: u32 = 64

/// u64[2]: the 128 leading bits of 10^k, high word first, rounded up, for k from LEAST_TEN to GREATEST_TEN.
export const LEAST_TEN: i32 = -292
export const GREATEST_TEN: i32 = 324
export const POWERS_BYTES: u32 = 9872
