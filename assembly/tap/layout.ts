// The registers of the MQTT framer, in a memory of the source's own (`assembly/tap.ts`): u32 all, written by the host
// before a call and read by it after one. Addresses are bytes.

export const TAP_AT: u32 = 0 // the next byte that was not framed
export const TAP_END: u32 = 4 // end of the bytes that were read
export const TAP_VERSION: u32 = 8 // 4 or 5
export const TAP_PUBLISH_BYTES: u32 = 12 // a PUBLISH longer than this is skipped
export const TAP_CONTROL_BYTES: u32 = 16 // any other packet longer than this is an error
export const TAP_PAYLOAD_BYTES: u32 = 20 // a payload longer than this is counted dropped
export const TAP_TABLE: u32 = 24 // topic → route, a table of `assembly/table.ts`
export const TAP_ALIASES: u32 = 28 // u32 by alias: its route, or NONE
export const TAP_ALIAS_MAX: u32 = 32 // the aliases are 1 to this one
export const TAP_OUT: u32 = 36 // where the next frame goes, a multiple of 8
export const TAP_OUT_END: u32 = 40 // frames end here at most, SLACK_BYTES before anything else
export const TAP_ACKS: u32 = 44 // where the next PUBACK goes, four bytes each
export const TAP_ACKS_END: u32 = 48
export const TAP_UNACKNOWLEDGED: u32 = 52 // so many more messages of QoS 1 may come
export const TAP_SKIP: u32 = 56 // bytes still to be skipped
export const TAP_NEEDED: u32 = 60 // TAP_DONE: bytes of the packet at TAP_AT, as far as known; TAP_FULL: bytes of its frame
export const TAP_ROUTE: u32 = 64 // the route of the next message, whatever its topic, or NONE
export const TAP_FROM: u32 = 68 // TAP_CONTROL: the packet; TAP_UNKNOWN: the topic; TAP_ERROR: a number for its text
export const TAP_TO: u32 = 72
export const TAP_HEADER: u32 = 76 // TAP_CONTROL: where the packet's body begins
export const TAP_ONLY_COUNTS: u32 = 80 // 1: messages of QoS 0 are counted dropped, and nothing else is done
export const TAP_MESSAGES: u32 = 84 // messages, in frames or counted: the host takes these four and sets them to 0
export const TAP_FILTERED: u32 = 88
export const TAP_RETAINED: u32 = 92
export const TAP_DROPPED: u32 = 96
export const TAP_BYTES: u32 = 104

// A route is a channel's number twice, plus 1 where retained messages are left out; or one of these.
export const ROUTE_FILTERED: u32 = 0xfffffff0
export const ROUTE_DROPPED: u32 = 0xfffffff1

// Why `frame` stopped.
export const TAP_DONE: u32 = 0 // what follows is not whole
export const TAP_CONTROL: u32 = 1 // a packet for the host, who sets TAP_AT behind it
export const TAP_UNKNOWN: u32 = 2 // a topic not in the table: the host puts it there, or sets TAP_ROUTE
export const TAP_FULL: u32 = 3 // no room for the next frame
export const TAP_ACKS_FULL: u32 = 4
export const TAP_ERROR: u32 = 16 // plus one of these; TAP_AT is at the packet

export const WRONG_LENGTH: u32 = 0
export const WRONG_CONTROL: u32 = 1
export const WRONG_TOPIC: u32 = 2
export const WRONG_PACKET_ID: u32 = 3
export const WRONG_QOS: u32 = 4
export const WRONG_LONG: u32 = 5
export const WRONG_PROPERTIES: u32 = 6
export const WRONG_PROPERTY: u32 = 7
export const WRONG_PROPERTY_BYTES: u32 = 8
export const WRONG_ALIAS_ZERO: u32 = 9
export const WRONG_ALIAS: u32 = 10
export const WRONG_ALIAS_UNKNOWN: u32 = 11
export const WRONG_UNACKNOWLEDGED: u32 = 12
