// What `src/codecs/json.ts` compiles for `decode/json.ts`: the wanted paths as a tree of keys. Compiled by AssemblyScript
// and TypeScript, as `layout.ts`. The decoder keeps what it found of a row in the nodes themselves.

// The codec's own part of a program.
export const JSON_BYTES: u32 = 64
export const JSON_ROOT: u32 = 0 // u32: the root's node; a node is followed by all that is below it
export const JSON_NODES_END: u32 = 4 // u32
export const JSON_TIME: u32 = 8 // u32: the node of the time, 0 = none
export const JSON_OPEN: u32 = 12 // u32: 1 = no declared fields: every number and boolean outside arrays is a sample
export const JSON_PARSE: u32 = 16 // u32: 1 = then strings that are numbers are samples too
export const JSON_WANTED: u32 = 20 // u32: number of nodes with a field or a tag
export const JSON_WANTED_LIST: u32 = 24 // u32: address of u32[]: those nodes, fields in order, then tags
export const JSON_RATE: u32 = 28 // u32: the node of the arrays' rate, 0 = none
export const JSON_COUNTER: u32 = 32 // u32: the node of the sample counter, 0 = none
export const JSON_ARRAYS: u32 = 36 // u32: 1 = some declared field is an array of samples
export const JSON_SEQUENCE: u32 = 40 // u32: the node of the message's number, 0 = none
export const JSON_SHAPES: u32 = 44 // u32: address of SHAPES_BYTES where the decoder keeps the shapes that it learned
export const JSON_SHAPES_USED: u32 = 48 // u32: bytes of them taken; written by the decoder, as what follows
export const JSON_SHAPES_FIRST: u32 = 52 // u32: the shape that began a row lately, 0 = none yet
export const JSON_SHAPES_MISSES: u32 = 56 // u32: rows of no learned shape since there is no room for more
export const JSON_QUICK: u32 = 60 // u32: 1 = declared fields and a time alone, each a value of its own: `json-quick.ts`

// Learned shapes: a tree of what stands between the values of rows, from row to row the same. A shape is a way through
// it: a literal and the value behind it, then one of the literals that came behind that. Those that may stand at the
// same place form a ring.
export const SHAPES_BYTES: u32 = 8192
export const SHAPE_BYTES: u32 = 64
export const SHAPE_PATTERN: u32 = 0 // v128: the literal's first 16 bytes
export const SHAPE_MASK: u32 = 16 // v128: which of them count
export const SHAPE_LITERAL: u32 = 32 // u32: its address
export const SHAPE_LITERAL_BYTES: u32 = 36 // u32
export const SHAPE_NEXT: u32 = 40 // u32: the next of the ring
export const SHAPE_CHILD: u32 = 44 // u32: the one that came behind its value lately
export const SHAPE_ROLE: u32 = 48 // u32: ROLE_*, what its value is
export const SHAPE_OF: u32 = 52 // u32: address of the value's node, or of its name
export const SHAPE_NAME_BYTES: u32 = 56 // u32: of a name; of a declared field its index
export const SHAPE_DEPTH: u32 = 60 // u32: of the value in its row
export const ROLE_END: u32 = 0 // none: the row ends
export const ROLE_SKIP: u32 = 1 // nobody's
export const ROLE_NODE: u32 = 2 // a node's
export const ROLE_FIELD: u32 = 3 // a node's that is a declared field, no array, and nothing else
export const ROLE_TIME: u32 = 4 // a node's that is the time and nothing else
export const ROLE_NAME: u32 = 5 // a sample's under its own name

export const NODE_BYTES: u32 = 112
export const NODE_PATTERN: u32 = 0 // v128: the first 16 bytes of the key as JSON text writes it, closing quote included
export const NODE_MASK: u32 = 16 // v128: which of them count
export const NODE_KEY: u32 = 32 // u32: address of the key itself
export const NODE_KEY_BYTES: u32 = 36 // u32
export const NODE_INDEX: u32 = 40 // u32: place in its array
export const NODE_CHILDREN: u32 = 44 // u32: first child by key, 0 = none
export const NODE_ELEMENTS: u32 = 48 // u32: first child by place, in rising order, 0 = none
export const NODE_SIBLING: u32 = 52 // u32: next child of the same kind, 0 = last
export const NODE_FIRST: u32 = 56 // u32: the child whose key came first lately; written by the decoder
export const NODE_NEXT: u32 = 60 // u32: the sibling whose key came next lately; written by the decoder
export const NODE_END: u32 = 64 // u32: address behind the last node below
export const NODE_FIELD: u32 = 68 // u32: index of the declared field, or NONE
export const NODE_TAG: u32 = 72 // u32: index of the tag, or NONE
export const NODE_FOUND: u32 = 76 // u32: FOUND_*, of this row
export const NODE_TEXT: u32 = 80 // u32: address of the value's text: a string unescaped and without quotes
export const NODE_TEXT_BYTES: u32 = 84 // u32
export const NODE_VALUE: u32 = 88 // f64: a number's or boolean's
export const NODE_WRITTEN: u32 = 96 // u32: address of the key as JSON text mostly writes it: escaped where it must be
export const NODE_WRITTEN_BYTES: u32 = 100 // u32
export const NODE_NUMBERS: u32 = 104 // u32: of an array of finite numbers alone, where they stand as f64; 0 = not read so
export const NODE_COUNT: u32 = 108 // u32: how many

export const FOUND_NOTHING: u32 = 0
export const FOUND_NUMBER: u32 = 1
export const FOUND_BOOLEAN: u32 = 2
export const FOUND_TEXT: u32 = 3
export const FOUND_NULL: u32 = 4
export const FOUND_OBJECT: u32 = 5
export const FOUND_ARRAY: u32 = 6
