// What `src/codecs/struct.ts` compiles for `decode/struct.ts`. Compiled by AssemblyScript and TypeScript, as `layout.ts`.

// The codec's own part of a program.
export const STRUCT_BYTES: u32 = 80
export const STRUCT_FIXED: u32 = 0 // u32: bytes of a payload, but for what fills the rest
export const STRUCT_REPEAT: u32 = 4 // u32: bytes of an element or row of what fills the rest; 0 = nothing does
export const STRUCT_TIME: u32 = 12 // u32: address of the PART of the time, 0 = none; of rate and counter alike
export const STRUCT_RATE: u32 = 16 // u32
export const STRUCT_COUNTER: u32 = 20 // u32
export const STRUCT_SEQUENCE: u32 = 8 // u32
export const STRUCT_FIELDS: u32 = 24 // u32: number of PARTs that are fields
export const STRUCT_FIELD_LIST: u32 = 28 // u32: address of them, in the order of the program's
export const STRUCT_TAG_LIST: u32 = 32 // u32: address of the PARTs of tags, in the order of the program's
export const STRUCT_CRC_TABLE: u32 = 36 // u32: address of u32[256]; 0 = no check
export const STRUCT_CRC_AT: u32 = 40 // u32: where it stands; NONE = at the end
export const STRUCT_CRC_FROM: u32 = 44 // u32: the first byte it covers
export const STRUCT_CRC_TO: u32 = 48 // u32: behind the last one; NONE = all that follow, without the check
export const STRUCT_CRC_BYTES: u32 = 52 // u32
export const STRUCT_CRC_FLAGS: u32 = 56 // u32: CRC_*
export const STRUCT_CRC_INIT: u32 = 60 // u32
export const STRUCT_CRC_XOR: u32 = 64 // u32
export const CRC_REFLECTED: u32 = 1
export const CRC_BIG: u32 = 2 // its highest byte comes first

// A value, or an array of them, in the payload: value = raw × scale + offset.
export const PART_BYTES: u32 = 48
export const PART_TYPE: u32 = 0 // u32: PART_U8 ...
export const PART_AT: u32 = 4 // u32: of the first
export const PART_COUNT: u32 = 8 // u32: elements of an array; 0 = one value, NONE = they fill the rest
export const PART_STRIDE: u32 = 12 // u32: from one element to the next
export const PART_SHIFT: u32 = 16 // u32: of a bit field, from the lowest bit
export const PART_BITS: u32 = 20 // u32: 0 = the whole integer
export const PART_SCALE: u32 = 24 // f64
export const PART_OFFSET: u32 = 32 // f64
export const PART_FLAGS: u32 = 40 // u32: PART_*
export const PART_BIG: u32 = 1 // the highest byte comes first
export const PART_PLAIN: u32 = 2 // scale 1, offset 0
export const PART_U8: u32 = 0
export const PART_I8: u32 = 1
export const PART_U16: u32 = 2
export const PART_I16: u32 = 3
export const PART_U24: u32 = 4
export const PART_I24: u32 = 5
export const PART_U32: u32 = 6
export const PART_I32: u32 = 7
export const PART_U64: u32 = 8
export const PART_I64: u32 = 9
export const PART_F32: u32 = 10
export const PART_F64: u32 = 11
