// The CSV codec's own part and what it knows of a channel's columns; written by `src/codecs/csv.ts`, read by `csv.ts`.
// Compiled by AssemblyScript and TypeScript, as `layout.ts`; all are u32.

// ---- Own part (PROGRAM_OWN)
export const CSV_BYTES: u32 = 16
export const CSV_DELIMITER: u32 = 0 // a byte
export const CSV_COMMENT: u32 = 4 // the byte that a comment line begins with, 0 = there are none
export const CSV_LAYOUT: u32 = 8 // address of the layout of every channel; 0 = each has a header and its own (CHANNEL_LAYOUT)

// ---- Layout: how many columns, then their records. Further columns of a line are ignored.
export const LAYOUT_COLUMNS: u32 = 0
export const LAYOUT_QUICK: u32 = 4 // 1 = declared fields without a map and a time alone are wanted: `csv-quick.ts`
export const LAYOUT_LIST: u32 = 16
export const COLUMN_BYTES: u32 = 16
export const COLUMN_KIND: u32 = 0 // COLUMN_*
export const COLUMN_INDEX: u32 = 4 // of the declared field or the tag
export const COLUMN_NAME: u32 = 8 // address, of an undeclared field
export const COLUMN_NAME_BYTES: u32 = 12
export const COLUMN_IGNORED: u32 = 0
export const COLUMN_FIELD: u32 = 1
export const COLUMN_UNDECLARED: u32 = 2
export const COLUMN_TAG: u32 = 3
export const COLUMN_TIME: u32 = 4
export const COLUMN_SEQUENCE: u32 = 5
