// What the bridge's source writes in front of raw rows, and what its codec knows of a channel; written by
// `src/sources/serial/bridge.ts` and `src/codecs/bridge.ts`, read by `bridge.ts`. Compiled by AssemblyScript and TypeScript.

// ---- A frame: this head, then raw rows as they came from the device (firmware-bridge/PROTOCOL.md, "Data").
export const BRIDGE_HEAD_BYTES: u32 = 16
export const BRIDGE_TIME: u32 = 0 // f64: event time of the first row, µs
export const BRIDGE_STEP: u32 = 8 // f64: µs from row to row; 0 where there is one row

// ---- Layout of a channel: how many fields and bytes a row has, then the fields.
export const LAYOUT_FIELDS: u32 = 0 // u32
export const LAYOUT_ROW_BYTES: u32 = 4 // u32
export const LAYOUT_LIST: u32 = 16
export const RAW_BYTES: u32 = 40
export const RAW_TYPE: u32 = 0 // u32: 1 u8, 2 i8, 3 u16, 4 i16, 5 u32, 6 i32, 7 f32
export const RAW_AT: u32 = 4 // u32: where it stands in a row
export const RAW_NAME: u32 = 8 // u32: address
export const RAW_NAME_BYTES: u32 = 12 // u32
export const RAW_OFFSET: u32 = 16 // f64
export const RAW_MULTIPLIER: u32 = 24 // f64
export const RAW_DIVISOR: u32 = 32 // f64
