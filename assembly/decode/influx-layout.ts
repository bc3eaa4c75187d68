// What `src/codecs/influx.ts` compiles for `decode/influx.ts`. Compiled by AssemblyScript and TypeScript, as `layout.ts`.
// Wanted fields are nodes as of a JSON key (`json-layout.ts`), their pattern a key as it is written with `=` behind it.

export const INFLUX_BYTES: u32 = 48
export const INFLUX_NODES: u32 = 0 // u32: the first node, of a declared field or the message's number
export const INFLUX_NODES_END: u32 = 4 // u32
export const INFLUX_FIRST: u32 = 8 // u32: the node that came first lately, 0 = none; written by the decoder
export const INFLUX_OPEN: u32 = 12 // u32: 1 = no declared fields: every number and boolean is a sample
export const INFLUX_PARSE: u32 = 16 // u32: 1 = then strings that are numbers are samples too
export const INFLUX_SEQUENCE: u32 = 20 // u32: the node of the message's number, 0 = none
export const INFLUX_MEASUREMENT: u32 = 24 // u32: index of the measurement's tag, or NONE
export const INFLUX_TAGS: u32 = 28 // u32: address of WANTED records: tags that have a place of their own
export const INFLUX_TAGS_LENGTH: u32 = 32 // u32
export const INFLUX_ALL_TAGS: u32 = 36 // u32: 1 = further ones are tags under their own names
export const INFLUX_TIMED: u32 = 40 // u32: 1 = the line's time is the row's

export const WANTED_BYTES: u32 = 16
export const WANTED_NAME: u32 = 0 // u32: address
export const WANTED_NAME_BYTES: u32 = 4 // u32
export const WANTED_TAG: u32 = 8 // u32: index of the tag
