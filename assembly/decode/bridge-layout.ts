// Rows as the firmware bridge's source hands them over, and what the codec knows of a channel's fields; written by
// `src/codecs/bridge.ts` and `src/sources/serial/bridge.ts`, read by `bridge.ts`. Compiled by both, as `layout.ts`.

// ---- Payload: a head, then the rows as they came, without padding.
export const ROWS_HEAD_BYTES: u32 = 16
export const ROWS_TIME: u32 = 0 // f64: event time of the first row, µs
export const ROWS_STEP: u32 = 8 // f64: µs from one row to the next

// ---- Layout of a channel (CHANNEL_LAYOUT): how long a row is, and a record a field.
export const BRIDGE_FIELDS: u32 = 0 // u32: how many
export const BRIDGE_ROW_BYTES: u32 = 4 // u32
export const BRIDGE_LIST: u32 = 16
export const BRIDGE_FIELD_BYTES: u32 = 48
export const BRIDGE_NAME: u32 = 0 // u32: address
export const BRIDGE_NAME_BYTES: u32 = 4 // u32
export const BRIDGE_TYPE: u32 = 8 // u32: BRIDGE_U8 ...
export const BRIDGE_OFFSET: u32 = 16 // f64
export const BRIDGE_MULTIPLIER: u32 = 24 // f64
export const BRIDGE_DIVISOR: u32 = 32 // f64
export const BRIDGE_U8: u32 = 1
export const BRIDGE_I8: u32 = 2
export const BRIDGE_U16: u32 = 3
export const BRIDGE_I16: u32 = 4
export const BRIDGE_U32: u32 = 5
export const BRIDGE_I32: u32 = 6
export const BRIDGE_F32: u32 = 7
