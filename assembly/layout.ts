// The memory map: every record that the host and the WebAssembly modules share. This one file is compiled by both
// (here `u32` is a 32-bit integer, in TypeScript a number), so an offset is written down once.
// All addresses and sizes are bytes in the one shared memory; times are microseconds since the Unix epoch in an f64.
// `*_BYTES` is the size of a record, every other name is the offset of a field in it.

/// Readable bytes that must follow any text handed to a decoder: it reads words and vectors past the end, never writes.
export const SLACK_BYTES: u32 = 64

// ---- Frame: a header, then the payload padded to 8. A block is frames one behind the other.
export const FRAME_BYTES: u32 = 24
export const FRAME_PAYLOAD_BYTES: u32 = 0 // u32
export const FRAME_CHANNEL: u32 = 4 // u32: index of a channel record
export const FRAME_ARRIVAL: u32 = 8 // f64
export const FRAME_FLAGS: u32 = 16 // u32: FLAG_*
export const FRAME_PACKET_ID: u32 = 20 // u32: MQTT packet id, else 0
export const FLAG_LINES: u32 = 1 // the payload is whole text lines; each line that is not empty is a frame of its own
export const FLAG_RETAINED: u32 = 2
export const FLAG_DUP: u32 = 4

// ---- Channel: one topic, port or file, and what its payloads mean. Written by the host, the cursor by the decoder.
export const CHANNEL_BYTES: u32 = 32
export const CHANNEL_PROGRAM: u32 = 0 // u32: address of the program
export const CHANNEL_DEVICE: u32 = 4 // u32: device, or NONE while payload tags decide
export const CHANNEL_SERIES: u32 = 8 // u32: address of u32[fields], the series of each declared field or NONE; 0 without a fixed device
export const CHANNEL_SOURCE: u32 = 12 // u32: address of the source record
export const CHANNEL_FIELD: u32 = 16 // u32: address of the field's name when the topic names it, else 0
export const CHANNEL_FIELD_BYTES: u32 = 20 // u32
export const CHANNEL_ONE: u32 = 28 // u32: the list itself where it has one series or none: no line of memory more
export const CHANNEL_LAYOUT: u32 = 24 // u32: address of what a codec knows of this channel (CSV columns, fields of a bridge), 0 = nothing yet

// ---- Program: what a codec does to a payload. This head is common; what follows belongs to the codec.
export const PROGRAM_BYTES: u32 = 64
export const PROGRAM_CODEC: u32 = 0 // u32: CODEC_*
export const PROGRAM_TIME_UNIT: u32 = 4 // u32: TIME_*
export const PROGRAM_TIME_MISSING: u32 = 8 // u32: 0 = such a row is invalid, 1 = arrival stands in
export const PROGRAM_ZONE: u32 = 12 // u32: address of the zone's offsets, 0 = none configured
export const PROGRAM_ZONE_LENGTH: u32 = 16 // u32: rows in it
export const PROGRAM_FIELDS: u32 = 20 // u32: number of declared fields, 0 = every number in the payload
export const PROGRAM_FIELD_LIST: u32 = 24 // u32: address of FIELD records
export const PROGRAM_RATE: u32 = 32 // f64: samples a second of an array, 0 = none
export const PROGRAM_TAGS: u32 = 40 // u32: number of tags taken from the payload
export const PROGRAM_OWN: u32 = 44 // u32: address of the codec's own part
export const PROGRAM_SEQUENCE: u32 = 48 // f64: modulus of the messages' own numbers, Infinity where they never wrap; 0 = they have none
export const CODEC_JSON: u32 = 1
export const CODEC_CSV: u32 = 2
export const CODEC_NUMBER: u32 = 3
export const CODEC_BRIDGE: u32 = 4
export const CODEC_STRUCT: u32 = 5
export const CODEC_INFLUX: u32 = 6
export const TIME_ARRIVAL: u32 = 0
export const TIME_S: u32 = 1
export const TIME_MS: u32 = 2
export const TIME_US: u32 = 3
export const TIME_NS: u32 = 4
export const TIME_ISO: u32 = 5
export const TIME_CLOCK: u32 = 6 // rows are timed by the sensor's own clock: CLOCK records

// A zone's row: local times (µs, as if UTC) from ZONE_FROM on are ahead of UTC by ZONE_OFFSET µs. Sorted; the first is -Infinity.
export const ZONE_BYTES: u32 = 16
export const ZONE_FROM: u32 = 0 // f64
export const ZONE_OFFSET: u32 = 8 // f64

// A declared field: its name in the series, and how text in its place is read.
export const FIELD_BYTES: u32 = 24
export const FIELD_NAME: u32 = 0 // u32: address
export const FIELD_NAME_BYTES: u32 = 4 // u32
export const FIELD_MAP: u32 = 8 // u32: address of MAP records: text that stands for a number
export const FIELD_MAP_LENGTH: u32 = 12 // u32
export const FIELD_FLAGS: u32 = 16 // u32: FIELD_*
export const FIELD_PARSE: u32 = 1 // a string's content is read as a number
export const FIELD_SAMPLES: u32 = 2 // an array: its elements are samples of their own times
export const MAP_BYTES: u32 = 16
export const MAP_TEXT: u32 = 0 // u32: address
export const MAP_TEXT_BYTES: u32 = 4 // u32
export const MAP_VALUE: u32 = 8 // f64

// ---- Look-up table: (prefix, bytes) → id. Open addressing, seeded hash, bytes always compared. Written by the host's calls only.
export const TABLE_BYTES: u32 = 32
export const TABLE_MASK: u32 = 0 // u32: entries - 1
export const TABLE_USED: u32 = 4 // u32: entries taken, removed ones too
export const TABLE_ENTRIES: u32 = 8 // u32: address of the entries
export const TABLE_KEYS: u32 = 12 // u32: address of the next free key byte
export const TABLE_KEYS_END: u32 = 16 // u32
export const TABLE_SEED: u32 = 24 // u64
export const ENTRY_BYTES: u32 = 16
export const ENTRY_HASH: u32 = 0 // u32: upper half of the hash
export const ENTRY_PREFIX: u32 = 4 // u32
export const ENTRY_KEY: u32 = 8 // u32: address of the bytes; KEY_HEAD_BYTES before it stands how many, u32
export const KEY_HEAD_BYTES: u32 = 8
export const ENTRY_ID: u32 = 12 // u32: id + 2; 0 = never used, 1 = removed

/// No device, no series, no column.
export const NONE: u32 = 0xffffffff
/// A series that found no room in the table (`maxSeries`): its samples are counted `rejected`.
export const REJECTED: u32 = 0xfffffffd

// ---- Decode: one call's registers. In: what to read and where to write; out: where it stopped and why.
export const DECODE_BYTES: u32 = 208
export const DECODE_FRAME: u32 = 0 // u32: next frame; in and out
export const DECODE_END: u32 = 4 // u32: end of the block
export const DECODE_COLUMNS: u32 = 8 // u32: address of the columns
export const DECODE_LINE: u32 = 12 // u32: in a frame of lines, the next line; 0 = at the frame's start; in and out
export const DECODE_SKIP: u32 = 16 // u32: samples of the next frame (or line) already handed over; in and out
export const DECODE_CHANNELS: u32 = 20 // u32: address of the channel records
export const DECODE_DEVICE_TABLE: u32 = 24 // u32: (channel, payload tags) → device
export const DECODE_SERIES_TABLE: u32 = 28 // u32: (device, field name) → series
export const DECODE_SCRATCH: u32 = 32 // u32: address of SCRATCH_BYTES for one frame's work
export const DECODE_CONSTANTS: u32 = 36 // u32: address of the constants (powers of five)
export const DECODE_KEY: u32 = 40 // u32: on STOP_DEVICE and STOP_SERIES the key's address, on STOP_HEADER the line's
export const DECODE_KEY_BYTES: u32 = 44 // u32
export const DECODE_KEY_PREFIX: u32 = 48 // u32: the channel of a device's key, the device of a series' key; on STOP_HEADER the channel
export const DECODE_CHANNEL_COUNT: u32 = 52 // u32: channels there are
export const DECODE_CLOSED: u32 = 56 // u32: 1 = the tables take no more: an unknown device or series is REJECTED, without a stop
export const DECODE_DEVICES: u32 = 60 // u32: address of the device records
// Counters the host reads and clears, f64 each: of frames, then of samples.
export const DECODE_COUNTS: u32 = 64
export const COUNT_FRAMES_DECODED: u32 = 0
export const COUNT_FRAMES_UNDECODABLE: u32 = 1
export const COUNT_FRAMES_FILTERED: u32 = 2
export const COUNT_SAMPLES_DECODED: u32 = 3 // every sample: those in columns and those counted below
export const COUNT_SAMPLES_INVALID: u32 = 4
export const COUNT_SAMPLES_FILTERED: u32 = 5
export const COUNT_SAMPLES_REJECTED: u32 = 6
export const COUNT_FRAMES_IN: u32 = 7 // lines of frames of lines, which the host did not count
// The first frames or lines that could not be read since the host cleared the list; one without an address ends it.
export const DECODE_BAD: u32 = 128 // BAD_RECORDS of BAD_BYTES
export const DECODE_MISSING: u32 = 192 // f64: numbers of messages that were passed over, less those that came late after all; the host reads and clears it
export const BAD_RECORDS: u32 = 4
export const BAD_BYTES: u32 = 16
export const BAD_PAYLOAD: u32 = 0 // u32: its address
export const BAD_PAYLOAD_BYTES: u32 = 4 // u32
export const BAD_CHANNEL: u32 = 8 // u32
export const BAD_WHY: u32 = 12 // u32: WHY_*
export const WHY_SYNTAX: u32 = 1
export const WHY_DEPTH: u32 = 2
export const WHY_LIMIT: u32 = 3
export const WHY_INVALID_TIME: u32 = 4 // noted for the log though the frame is decoded and its rows are counted invalid
export const WHY_NO_ZONE: u32 = 5
export const WHY_NO_TIME: u32 = 6
export const WHY_NO_RATE: u32 = 7
export const WHY_NO_COUNTER: u32 = 8
export const WHY_LENGTH: u32 = 9
export const WHY_CRC: u32 = 10

// Why decode returned.
export const STOP_DONE: u32 = 0 // the block is read
export const STOP_FULL: u32 = 1 // no room in the columns: reduce them, call again
export const STOP_DEVICE: u32 = 2 // an unknown device: insert the key, call again
export const STOP_SERIES: u32 = 3 // an unknown series: insert the key, call again
export const STOP_HEADER: u32 = 4 // a CSV channel without a layout: read the header line, set the layout, call again

export const SCRATCH_BYTES: u32 = 358400

// ---- Packet ids of a source: of the last frame under each id a mark, upper 48 bits a seeded hash of channel and payload, lower
// 16 the connection it came on. Marks of 0: none came.
export const IDS_BYTES: u32 = 528384 // 129 pages
export const IDS_SEED: u32 = 0 // u64: lives as long as the marks
export const IDS_USED: u32 = 8 // u32: 1 = some mark was set
export const IDS_MARKS: u32 = 64 // u64[65536]

// ---- Columns: samples, a row each. Rows of an array are a run besides: equal series, times start + i / rate.
export const COLUMNS_BYTES: u32 = 64
export const COLUMNS_ROWS: u32 = 0 // u32
export const COLUMNS_CAPACITY: u32 = 4 // u32
export const COLUMNS_RUNS: u32 = 8 // u32
export const COLUMNS_RUN_CAPACITY: u32 = 12 // u32
export const COLUMNS_SERIES: u32 = 16 // u32: address of u32[]
export const COLUMNS_TIME: u32 = 20 // u32: address of f64[]
export const COLUMNS_VALUE: u32 = 24 // u32: address of f64[]
export const COLUMNS_HORIZON: u32 = 28 // u32: address of f64[]: the arrival, NaN = its message came again; until admission makes it the device's lateness horizon
export const COLUMNS_FATE: u32 = 32 // u32: address of u8[]: FATE_* bits
export const COLUMNS_SLOT: u32 = 36 // u32: address of u32[]: routing's scratch, a slot handle per row
export const COLUMNS_RUN_LIST: u32 = 40 // u32: address of RUN records
export const COLUMNS_CLOCKS: u32 = 44 // u32
export const COLUMNS_CLOCK_CAPACITY: u32 = 48 // u32
export const COLUMNS_CLOCK_LIST: u32 = 52 // u32: address of CLOCK records
export const RUN_BYTES: u32 = 24
export const RUN_FIRST: u32 = 0 // u32: row
export const RUN_ROWS: u32 = 4 // u32
export const RUN_START: u32 = 8 // f64
export const RUN_RATE: u32 = 16 // f64: Hz
// Rows whose times the host has yet to tell by their sensor's clock: until then each has its number in its array for a time.
export const CLOCK_BYTES: u32 = 48
export const CLOCK_FIRST: u32 = 0 // u32: row
export const CLOCK_ROWS: u32 = 4 // u32: rows in the columns, of all series together
export const CLOCK_RUN: u32 = 8 // u32: the first run that begins at that row or behind it
export const CLOCK_SAMPLES: u32 = 12 // u32: by how many samples the clock goes on
export const CLOCK_DEVICE: u32 = 16 // u32
export const CLOCK_CHANNEL: u32 = 20 // u32
export const CLOCK_FRAME: u32 = 24 // u32: address of the payload or line, which tells pieces of one frame from others
export const CLOCK_ORDINAL: u32 = 28 // u32: which of its frame
export const CLOCK_COUNTER: u32 = 32 // f64: number of the first sample as it was sent, NaN = none was
export const CLOCK_ARRIVAL: u32 = 40 // f64
export const FATE_REDUCED: u32 = 1
export const FATE_LATE: u32 = 2
export const FATE_REJECTED: u32 = 4
export const FATE_FUTURE: u32 = 8
export const FATE_LOST: u32 = 16
export const FATE_FILTERED: u32 = 32
export const FATE_DUPLICATE: u32 = 64
export const FATE_INVALID: u32 = 128 // calibration made it infinite or NaN
/// Fates decided before any window sees the row: none takes it.
export const FATE_OUT: u32 = FATE_FUTURE | FATE_FILTERED | FATE_DUPLICATE | FATE_INVALID

// ---- Source, device and series records: time bookkeeping. Ingest thread only.
export const SOURCE_BYTES: u32 = 72
export const SOURCE_HIGH: u32 = 0 // f64: highest event time seen (never above its arrival when capped), -Infinity before the first
export const SOURCE_WAIT: u32 = 8 // f64: µs
export const SOURCE_AHEAD: u32 = 16 // f64: µs; Infinity = no cap at arrival, nothing is `future`
export const SOURCE_NOT_BEFORE: u32 = 24 // f64: windows that began earlier are not written; -Infinity = all are
export const SOURCE_LAST_ARRIVAL: u32 = 32 // f64
export const SOURCE_ROWS: u32 = 40 // f64: rows admitted
export const SOURCE_EXPECT: u32 = 56 // f64: how often its series should speak, µs; 0 = not told
export const SOURCE_SLACK: u32 = 64 // f64: how far arrivals may be behind true time, µs: nothing is ahead, nor capped, before arrival + slack
export const SOURCE_WATERMARK: u32 = 48 // f64: written by the host: windows that end here or before are due; Infinity = all are, and final

export const DEVICE_BYTES: u32 = 128
export const DEVICE_HIGH: u32 = 0 // f64: highest event time seen, capped alike
export const DEVICE_SOURCE: u32 = 8 // u32: address of the source record
export const DEVICE_FIRST_SERIES: u32 = 12 // u32: series or NONE
export const DEVICE_LAST_ARRIVAL: u32 = 16 // f64
export const DEVICE_ROWS: u32 = 24 // f64
export const DEVICE_LATE: u32 = 32 // f64: rows late for a window
export const DEVICE_SKEWS: u32 = 40 // u32: rows written to the ring of skews
export const DEVICE_SEQUENCE_ENTRY: u32 = 44 // u16: the device's entry in the current frame's list of numbers, if that is the device's
export const DEVICE_SEQUENCE_SPAN: u32 = 46 // u16: how far behind the last number the first one lies, at most SEQUENCE_KEPT
export const DEVICE_SKEW: u32 = 48 // f32[SKEW_RING]: arrival - event time in ms, a ring of the latest rows
export const DEVICE_SEQUENCE: u32 = 112 // f64: number of its last message
export const DEVICE_SEQUENCE_SEEN: u32 = 120 // u64: bit k = the number k before the last was seen; 0 = there was none yet
export const SEQUENCE_KEPT: u32 = 64
export const SKEW_RING: u32 = 16

export const SERIES_BYTES: u32 = 8
export const SERIES_DEVICE: u32 = 0 // u32
export const SERIES_NEXT: u32 = 4 // u32: the device's next series or NONE

// ---- Conditions of a series, by its number: what is done to its values before windows see them. Rules are written once.
export const CONDITION_BYTES: u32 = 32
export const CONDITION_CALIBRATION: u32 = 0 // u32: address of a CALIBRATION, 0 = none
export const CONDITION_VALID: u32 = 4 // u32: address of f64 least, f64 greatest; 0 = all values are
export const CONDITION_DEADBAND: u32 = 8 // u32: address of f64 band, f64 longest silence in µs; 0 = none
export const CONDITION_LAST: u32 = 16 // f64: the last value that the deadband kept, NaN = none yet
export const CONDITION_LAST_TIME: u32 = 24 // f64
export const CALIBRATION_BYTES: u32 = 24 // without its points
export const CALIBRATION_POINTS: u32 = 0 // u32: points of the table, at least 2; 0 = value × scale + offset
export const CALIBRATION_CLIP: u32 = 4 // u32: 1 = outside the table its ends hold, 0 = its outer pieces go on
export const CALIBRATION_SCALE: u32 = 8 // f64
export const CALIBRATION_OFFSET: u32 = 16 // f64
export const CALIBRATION_TABLE: u32 = 24 // f64 raw, f64 value for each point, in rising order of raw
export const POINT_BYTES: u32 = 16

// ---- Pair: two series of which a third is derived, by the number of that third. First its two sides: the rows that wait (a
// ROWS slot of 24 bytes), in time order, and the last value taken of them. A series is the side of any number of pairs. One
// that has no partner yet is the first side of a record of its own, behind those of pairs, by its own number.
export const PAIR_BYTES: u32 = 192
export const SIDE_BYTES: u32 = 64
export const SIDE_NEXT: u32 = 24 // u32: address of another side that takes the same series, 0 = none
export const SIDE_PAIR: u32 = 28 // u32: address of its pair
export const SIDE_TIME: u32 = 32 // f64: NaN = no value yet
export const SIDE_VALUE: u32 = 40 // f64
export const SIDE_TAKEN: u32 = 48 // u32: rows of its first block that are taken; 0 outside of `derive`
export const PAIR_FUNCTION: u32 = 128 // u32: 1 + the place in DERIVE_FUNCTIONS of src/model/plan.ts, 0 = there is no such pair
export const PAIR_ALONE: u32 = 255 // a PAIR_FUNCTION: nothing is made of its first side, which waits for a partner
export const PAIR_COUNTS: u32 = 132 // u32: address of the DERIVED record of its source
export const PAIR_HOLD: u32 = 136 // f64: how long a value holds, µs
export const PAIR_MADE: u32 = 144 // f64: the last time that was taken; rows at or before it are late
// Counts of a source of derived series, which the host reads and clears: rows made, and those that were not, by the reason.
export const DERIVED_BYTES: u32 = 32
export const DERIVED_MADE: u32 = 0 // f64
export const DERIVED_LATE: u32 = 8 // f64
export const DERIVED_REJECTED: u32 = 16 // f64
export const DERIVED_INVALID: u32 = 24 // f64

// ---- Slab: pages of 4 KiB. A returned page's first u32 is the next returned one; pages never used lie behind SLAB_NEXT.
export const PAGE_BYTES: u32 = 4096
export const SLAB_BYTES: u32 = 64
export const SLAB_FREE: u32 = 0 // u32: last page returned, 0 = none
export const SLAB_FREE_PAGES: u32 = 4 // u32: returned and never used
export const SLAB_NEXT: u32 = 8 // u32: first page never used
export const SLAB_DEVICES: u32 = 12 // u32: address of the device records
export const SLAB_SERIES: u32 = 16 // u32: address of the series records
export const SLAB_DEVICE_COUNT: u32 = 32 // u32: device records in use, forgotten ones among them
export const SLAB_SMALL: u32 = 24 // u32: first page with a free small block (window/blocks.ts), 0 = none
export const SLAB_MEDIUM: u32 = 28 // u32
export const SLAB_GROUP_SOURCE: u32 = 20 // u32: address of u32[]: the source record a group of 64 series belongs to

// ---- Window: one configured window and its open panes.
export const WINDOW_BYTES: u32 = 256
export const WINDOW_SLAB: u32 = 0 // u32: address of the slab
export const WINDOW_MEMBERS: u32 = 4 // u32: address of u8[series]: 0 = not wanted, else 1 + its list of reductions
export const WINDOW_EVERY: u32 = 8 // f64: length of a pane, µs
export const WINDOW_OFFSET: u32 = 16 // f64: µs
export const WINDOW_LATENESS: u32 = 24 // f64: µs
export const WINDOW_PANES: u32 = 32 // u32: address of u32[PANE_BUCKETS]: chains of open panes, or the lanes one by one
export const WINDOW_STATES: u32 = 36 // u32: number of states
export const WINDOW_STATE_LIST: u32 = 40 // u32: address of STATE records
export const WINDOW_LISTS: u32 = 44 // u32: address of LIST records (reductions)
export const WINDOW_OPEN_PANES: u32 = 48 // u32
export const WINDOW_SLOT_PAGES: u32 = 52 // u32: pages a group of series takes: sum over the states
export const WINDOW_LATE: u32 = 56 // f64: rows late for this window
export const WINDOW_REJECTED: u32 = 64 // f64: rows that found no page
export const WINDOW_LOST: u32 = 72 // f64: rows of windows that began before the start
export const WINDOW_KIND: u32 = 80 // u32: KIND_*
export const WINDOW_ZONE: u32 = 84 // u32: address of ZONE rows whose ZONE_FROM is in UTC, 0 = none
export const WINDOW_ZONE_LENGTH: u32 = 88 // u32
export const WINDOW_NEWEST: u32 = 92 // u32: the open pane that begins last, 0 = none
export const WINDOW_HOP: u32 = 96 // f64: hopping: µs from one window to the next, a multiple of the pane
export const WINDOW_SIZE: u32 = 104 // f64: hopping: length, a multiple of the pane, µs; session: the gap; count: rows
export const WINDOW_MARKS: u32 = 112 // u32: address of a MARKS record a device (count: a series)
export const WINDOW_MARK_BYTES: u32 = 116 // u32: size of one
export const WINDOW_LANES: u32 = 120 // u32: session and count: lanes
export const WINDOW_ALIAS: u32 = 124 // u32: address of u32[series]: 1 + the series that stands for it, 0 = itself; or 0 = all do
export const WINDOW_ROWS_STATE: u32 = 128 // u32: address of the STATE record of `rows`, 0 = none are kept
export const WINDOW_MAX_ROWS: u32 = 132 // u32: rows kept at most for a series and pane
export const WINDOW_HOLD: u32 = 136 // f64: how long a value holds, µs
export const WINDOW_EXPECT: u32 = 144 // f64: how often a series should speak, µs; 0 = not told
export const WINDOW_DETREND_HZ: u32 = 152 // f64
export const WINDOW_DETREND: u32 = 160 // u32: DETREND_* of rows/view.ts
export const WINDOW_LINEAR: u32 = 164 // u32: 1 = between two samples a straight line
export const WINDOW_CARRY: u32 = 168 // u32: address of CARRY records, one a series; 0 = nothing is carried from pane to pane
export const WINDOW_VIEW: u32 = 172 // u32: where rows are put in one piece: f64[maxRows] times, f64[maxRows] values, then the runs
export const WINDOW_FILL: u32 = 176 // f64: a silent series has windows of no rows for so long, µs; 0 = it has none
export const WINDOW_FILL_EXPECTED: u32 = 208 // f64: the same for series that should speak every so often
export const WINDOW_SCRATCH: u32 = 184 // u32: address of an ACC record: where panes add up
export const WINDOW_PACKS: u32 = 188 // u32: address of PACK records, one a state
export const WINDOW_PACK_BYTES: u32 = 192 // u32: bytes of a packed pane
export const WINDOW_HISTORY: u32 = 196 // u32: address of HISTORY records, one a series
export const WINDOW_PARTS: u32 = 200 // u32: places for parts of kernels over rows, each 16 bytes, at the end of a packed pane
export const WINDOW_PENDING: u32 = 204 // u32: count: full lanes that wait to be written
export const WINDOW_FROM: u32 = 216 // f64: windows that begin earlier are another's, which this one follows; they are not written
export const WINDOW_UNTIL: u32 = 224 // f64: windows that begin here or later are another's, which follows this one; not even their rows are taken
export const PANE_BUCKETS: u32 = 1024
export const KIND_TUMBLING: u32 = 0
export const KIND_HOPPING: u32 = 1
export const KIND_SESSION: u32 = 2
export const KIND_COUNT: u32 = 3
export const KIND_RAW: u32 = 4

// Marks of a device in a hopping window: times at which windows end.
export const HOP_BYTES: u32 = 32
export const HOP_DUE: u32 = 0 // f64: emitted up to this end; moved back by late rows
export const HOP_TOP: u32 = 8 // f64: emitted up to this end at some time
export const HOP_FINAL: u32 = 16 // f64: final up to this end
export const HOP_LAST: u32 = 24 // f64: end of its last pane with rows; 0 in all = it has none

// Marks of a device in a session window: which lanes it uses, then the first and the last time of each.
export const SESSION_LANES: u32 = 0 // u32: a bit a lane
export const SESSION_TIMES: u32 = 8 // f64[2 * lanes]
export const MOST_LANES: u32 = 32

// Marks of a series in a count window: rows in the lane being filled, which one that is and how many are full before it.
export const COUNT_ROWS: u32 = 0 // u32
export const COUNT_LANE: u32 = 4 // u32
export const COUNT_FULL: u32 = 8 // u32
export const COUNT_TIMES: u32 = 16 // f64[2 * lanes]: least and greatest time of each

// A series from pane to pane: its last sample in panes that are closed, and up to where its windows of no rows are made.
export const CARRY_BYTES: u32 = 32
export const CARRY_TIME: u32 = 0 // f64
export const CARRY_VALUE: u32 = 8 // f64
export const CARRY_USED: u32 = 16 // u32: 1 = there is one
export const CARRY_FILLED: u32 = 24 // f64: 0 = nothing yet

// WINDOW_SCRATCH: two slots to work in, then where panes of a hopping window add up: a slot a state, then 16 bytes a part; and
// as much for the parts of one pane. Slots lie SLOT_MAX_BYTES apart.
// A packed pane of a hopping window: what is left of a state once nothing can change it.
export const PACK_BYTES: u32 = 16
export const PACK_KIND: u32 = 0 // u32: state kind
export const PACK_WHAT: u32 = 4 // u32: PACK_*
export const PACK_AT: u32 = 8 // u32: where in the packed pane
export const PACK_ALL: u32 = 0 // the slot as it is
export const PACK_SUM: u32 = 1 // of moments: count, sum and what the sum lost
export const PACK_MIN: u32 = 2
export const PACK_MAX: u32 = 4
export const PACK_NONE: u32 = 8 // rows: only parts are left

// Packed panes of a series, oldest page first. A page holds so many panes from HISTORY_START on, then their sum.
export const HISTORY_BYTES: u32 = 8
export const HISTORY_OLDEST: u32 = 0 // u32: page, 0 = none
export const HISTORY_NEWEST: u32 = 4 // u32
export const HISTORY_NEXT: u32 = 0 // u32: the next page
export const HISTORY_START: u32 = 8 // f64: start of its first pane
export const HISTORY_PRESENT: u32 = 16 // u32[16]: a bit a pane
export const HISTORY_ENTRIES: u32 = 80
export const HISTORY_MOST: u32 = 500 // panes a page at most

// A state kind in a window: which one, and which of a group's pages hold it.
export const STATE_BYTES: u32 = 16
export const STATE_KIND: u32 = 0 // u32: index in assembly/state/index.ts
export const STATE_PAGE: u32 = 4 // u32: first of its pages in the group record
export const STATE_SLOT_SHIFT: u32 = 8 // u32: log2 of the slot's bytes: 6 or 7
export const STATE_ARGUMENTS: u32 = 12 // u32: address of the state's own arguments: f64 how many, then f64 each; 0 = it takes none

// A list of reductions; members with the same list are reduced alike.
export const LIST_BYTES: u32 = 8
export const LIST_LENGTH: u32 = 0 // u32
export const LIST_REDUCTIONS: u32 = 4 // u32: address of REDUCTION records
export const REDUCTION_BYTES: u32 = 16
export const REDUCTION_KERNEL: u32 = 0 // u32: index in assembly/kernels/index.ts
export const REDUCTION_STATE: u32 = 4 // u32: which of the window's states
export const REDUCTION_ARGUMENTS: u32 = 8 // u32: address of f64[]
export const REDUCTION_FLAGS: u32 = 12 // u32: REDUCTION_*, and from bit 8 on which part it is
export const REDUCTION_ROWS: u32 = 1 // reads the rows
export const REDUCTION_DETREND: u32 = 2 // reads a state of the rows, detrended
export const REDUCTION_RATIO: u32 = 4 // its parts add up to a ratio, else to a sum

// A pane is a page: this head, then the addresses of its group pages. A group page is 64 group records.
export const PANE_START: u32 = 0 // f64
export const PANE_END: u32 = 8 // f64
export const PANE_NEXT: u32 = 16 // u32: next in its bucket, 0 = last
export const PANE_SWEEP: u32 = 24 // f64: from this watermark on the pane is swept again in any case
export const PANE_DIRTY: u32 = 32 // u32: 1 = some group may be dirty
export const PANE_WITNESS: u32 = 36 // u32: 1 + the device that the last sweep left nearest to being final; once it is, the pane is swept again
export const PANE_EARLIER: u32 = 40 // u32: the open pane before it in time, 0 = none
export const PANE_LATER: u32 = 44 // u32
export const PANE_DIRECTORY: u32 = 64 // u32[(PAGE_BYTES - 64) / 4]: group pages, 0 = none

// A group: 64 series of one source in one pane. Slot handle = address of the group | series & 63.
export const GROUP_BYTES: u32 = 64
export const GROUP_USED: u32 = 0 // u64: series with rows
export const GROUP_DIRTY: u32 = 8 // u64: series changed since they were last emitted
export const GROUP_EMITTED: u32 = 16 // u64: series emitted at least once
export const GROUP_PAGES: u32 = 24 // u32[MOST_SLOT_PAGES]: addresses of slot pages, state by state
export const MOST_SLOT_PAGES: u32 = 10

/// Longest state slot in bytes.
export const SLOT_MAX_BYTES: u32 = 128

// ---- Chunk: rows of one slot, long enough to be reduced on their own by whoever claims it.
export const CHUNK_BYTES: u32 = 160
export const CHUNK_STATE: u32 = 0 // u32: state kind
export const CHUNK_VALUE: u32 = 4 // u32: address of the first value
export const CHUNK_TIME: u32 = 8 // u32: address of the first time
export const CHUNK_ROWS: u32 = 12 // u32
export const CHUNK_SLOT: u32 = 16 // u32: address of the slot it merges into
export const CHUNK_DONE: u32 = 20 // u32: 1 = its partial is complete (atomic)
export const CHUNK_ARGUMENTS: u32 = 24 // u32: STATE_ARGUMENTS
export const CHUNK_PARTIAL: u32 = 32 // SLOT_MAX_BYTES: its outcome
/// Consecutive rows of one slot from which on they are a run for the state's vector path.
export const RUN_MIN_ROWS: u32 = 16
/// ... and from which on they are a chunk.
export const CHUNK_MIN_ROWS: u32 = 1024
/// A longer stretch is cut into chunks of this many rows.
export const CHUNK_MAX_ROWS: u32 = 16384

// ---- Pool: control words, atomics only.
export const POOL_BYTES: u32 = 64
export const POOL_NEXT: u32 = 0 // i32: next chunk to claim
export const POOL_CHUNKS: u32 = 4 // i32: number of chunks
export const POOL_LIST: u32 = 8 // i32: address of the chunks, or of u32[]: addresses of series worked ahead
export const POOL_AHEAD: u32 = 12 // i32: AHEAD record whose series are the list, 0 = chunks
export const POOL_SEAT: u32 = 16 // i32: next seat to take

// ---- Ahead: series of due panes whose rows are read by whoever claims them, before their lines are written.
export const AHEAD_BYTES: u32 = 64
export const AHEAD_SLAB: u32 = 0 // u32: SLAB record
export const AHEAD_SHIFT: u32 = 4 // u32: 32 - log2 of the entries
export const AHEAD_ENTRY_BYTES: u32 = 8 // u32: bytes of an entry, at most
export const AHEAD_COUNT: u32 = 12 // u32: entries taken, at most half
export const AHEAD_ROWS: u32 = 16 // u32: rows of all of them
export const AHEAD_LIST: u32 = 20 // u32: address of u32[entries / 2]: those taken, in order
export const AHEAD_ENTRIES: u32 = 24 // u32: address of the entries, a hash table by handle with open addresses
export const AHEAD_SEATS: u32 = 28 // u32: address of the seats: for a worker each, SLOT_MAX_BYTES, tables, scratch, rows in one piece
export const AHEAD_SEAT_BYTES: u32 = 32 // u32
export const AHEAD_SEAT_COUNT: u32 = 36 // u32
export const ENTRY_OF_WINDOW: u32 = 0 // u32: WINDOW record
export const ENTRY_OF_PANE: u32 = 4 // u32
export const ENTRY_OF_SERIES: u32 = 8 // u32
export const ENTRY_OF_HANDLE: u32 = 12 // u32: 0 = free
export const ENTRY_OF_START: u32 = 16 // f64: the pane's, as another pane may have its memory by and by
export const ENTRY_OF_DONE: u32 = 24 // u32: 1 = its values are complete (atomic)
export const ENTRY_OF_VALUES: u32 = 32 // f64[]: one a reduction

// ---- What `settle` counts for a source: f64 reduced, late, rejected, future, lost, unmatched, filtered, duplicate, invalid.
export const SETTLED_BYTES: u32 = 72

// ---- Rows of a series in a pane, in time order: a slot, and a list of blocks.
export const ROWS_COUNT: u32 = 0 // u32
export const ROWS_HEAD: u32 = 4 // u32: first block, 0 = none
export const ROWS_TAIL: u32 = 8 // u32
export const ROWS_LATE: u32 = 12 // u32: rows that came after the pane's end
export const ROWS_DUPLICATE: u32 = 16 // u32: rows taken for repeated
export const ROWS_CURSOR: u32 = 20 // u32: block that took the last row out of order

// ---- Which panes `listPanes` lists.
export const PANES_DUE: u32 = 0 // with changes, ending at or before the watermark
export const PANES_SWEEP: u32 = 1 // whose end + lateness the watermark has passed, unless swept a short while ago
export const PANES_ALL: u32 = 2

// ---- Output of `collect` and its like: a line per device and window, then a value per series and reduction.
export const LINE_BYTES: u32 = 32
export const LINE_DEVICE: u32 = 0 // u32
export const LINE_SERIES: u32 = 4 // u32: how many follow
export const LINE_CORRECTION: u32 = 8 // u32: 1 = some series of it was emitted before
export const LINE_START: u32 = 16 // f64: the window's start, µs
export const LINE_END: u32 = 24 // f64
// per series: u32 series, u32 list, then f64[list's length]; NaN = no value
