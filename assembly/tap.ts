// Bytes of an MQTT connection, 3.1.1 or 5 → frames as they lie in blocks, and the PUBACKs that they ask for: one call a
// read. The memory is the source's own. Every length is checked against the bytes at hand before it is used, and nothing
// of a packet is done before all of it is known to be sound and to have room. See README.md, "The MQTT tap".
import {
  FLAG_DUP,
  FLAG_RETAINED,
  FRAME_BYTES,
  FRAME_CHANNEL,
  FRAME_FLAGS,
  FRAME_PACKET_ID,
  FRAME_PAYLOAD_BYTES,
  NONE,
} from './layout'
import { lookup } from './table'
import {
  ROUTE_DROPPED,
  ROUTE_FILTERED,
  TAP_ACKS,
  TAP_ACKS_END,
  TAP_ACKS_FULL,
  TAP_ALIASES,
  TAP_ALIAS_MAX,
  TAP_AT,
  TAP_CONTROL,
  TAP_CONTROL_BYTES,
  TAP_DONE,
  TAP_DROPPED,
  TAP_END,
  TAP_ERROR,
  TAP_FILTERED,
  TAP_FROM,
  TAP_FULL,
  TAP_HEADER,
  TAP_MESSAGES,
  TAP_NEEDED,
  TAP_ONLY_COUNTS,
  TAP_OUT,
  TAP_OUT_END,
  TAP_PAYLOAD_BYTES,
  TAP_PUBLISH_BYTES,
  TAP_RETAINED,
  TAP_ROUTE,
  TAP_SKIP,
  TAP_TABLE,
  TAP_TO,
  TAP_UNACKNOWLEDGED,
  TAP_UNKNOWN,
  TAP_VERSION,
  WRONG_ALIAS,
  WRONG_ALIAS_UNKNOWN,
  WRONG_CONTROL,
  WRONG_LENGTH,
  WRONG_LONG,
  WRONG_PACKET_ID,
  WRONG_QOS,
  WRONG_TOPIC,
  WRONG_UNACKNOWLEDGED,
} from './tap/layout'
import { readProperties, topicAlias, wrong, wrongId } from './tap/properties'

export { insert } from './table'

const PUBLISH: u32 = 3
const RETAIN: u32 = 1
const DUP: u32 = 8

let tap: usize = 0

/// Frames what lies in [TAP_AT, TAP_END) until TAP_DONE or until the host has to act.
export function frame(registers: usize): u32 {
  tap = registers
  const end: usize = load<u32>(tap, TAP_END)
  let at: usize = load<u32>(tap, TAP_AT)
  store<u32>(tap, 0, TAP_NEEDED)
  while (end - at >= 2 || load<u32>(tap, TAP_SKIP)) {
    const skip: usize = load<u32>(tap, TAP_SKIP)
    if (skip) {
      const skipped = min(skip, end - at)
      store<u32>(tap, <u32>(skip - skipped), TAP_SKIP)
      at += skipped
      store<u32>(tap, <u32>at, TAP_AT)
      if (end - at < 2) return TAP_DONE
    }
    const header = <u32>load<u8>(at)
    let body = at + 1
    let byte = <u32>load<u8>(body++)
    let length = byte & 127
    for (let shift: u32 = 7; byte > 127; shift += 7) {
      if (shift > 21) return TAP_ERROR + WRONG_LENGTH
      if (body == end) return TAP_DONE
      byte = load<u8>(body++)
      length |= (byte & 127) << shift
    }
    const next = body + length
    if (header >> 4 != PUBLISH) {
      if (length > load<u32>(tap, TAP_CONTROL_BYTES)) return fail(WRONG_CONTROL, length)
      if (next > end) return needs(next - at)
      return control(at, body, next)
    }
    const isLong = length > load<u32>(tap, TAP_PUBLISH_BYTES)
    if (next > end && !isLong) return needs(next - at)
    const stop = isLong ? skipMessage(at, body, next, end, header) : message(at, body, next, header)
    if (stop) return stop == SHORT ? TAP_DONE : stop
    if (!isLong) {
      at = next
      store<u32>(tap, <u32>at, TAP_AT)
    }
  }
  return TAP_DONE
}

// The head of a message too long is not whole.
const SHORT: u32 = 0xff

function message(at: usize, body: usize, next: usize, header: u32): u32 {
  const qos = (header >> 1) & 3
  if (next - body < 2) return TAP_ERROR + WRONG_TOPIC
  const topic = body + 2
  const topicBytes = (<u32>load<u8>(body) << 8) | load<u8>(body, 1)
  const topicEnd = topic + topicBytes
  let payload = qos ? topicEnd + 2 : topicEnd
  if (payload > next) return TAP_ERROR + WRONG_TOPIC
  const packetId = qos ? (<u32>load<u8>(topicEnd) << 8) | load<u8>(topicEnd, 1) : 0
  if (qos && !packetId) return TAP_ERROR + WRONG_PACKET_ID
  let alias: u32 = 0
  if (load<u32>(tap, TAP_VERSION) == 5) {
    if (payload < next && !load<u8>(payload)) payload++
    else {
      payload = readProperties(payload, next)
      if (wrong) {
        store<u32>(tap, wrongId, TAP_FROM)
        return wrong
      }
      alias = topicAlias
    }
  }
  if (qos > 1) return qos == 3 ? TAP_ERROR + WRONG_QOS : control(at, body, next)
  if (load<u32>(tap, TAP_ONLY_COUNTS)) {
    if (!packetId) count(TAP_DROPPED)
    return TAP_DONE
  }
  if (packetId) {
    if (!load<u32>(tap, TAP_UNACKNOWLEDGED)) return TAP_ERROR + WRONG_UNACKNOWLEDGED
    if (load<u32>(tap, TAP_ACKS) == load<u32>(tap, TAP_ACKS_END)) return TAP_ACKS_FULL
  }
  let route = NONE
  if (topicBytes || !alias) {
    route = load<u32>(tap, TAP_ROUTE)
    if (route == NONE) route = lookup(load<u32>(tap, TAP_TABLE), 0, topic, topicBytes)
    if (route == NONE) {
      store<u32>(tap, <u32>topic, TAP_FROM)
      store<u32>(tap, <u32>topicEnd, TAP_TO)
      return TAP_UNKNOWN
    }
  }
  if (alias) {
    if (alias > load<u32>(tap, TAP_ALIAS_MAX)) return fail(WRONG_ALIAS, alias)
    const known = <usize>load<u32>(tap, TAP_ALIASES) + ((<usize>alias) << 2)
    if (route == NONE) route = load<u32>(known)
    if (route == NONE) return fail(WRONG_ALIAS_UNKNOWN, alias)
    store<u32>(known, route)
  }
  const bytes = <u32>(next - payload)
  if (route == ROUTE_FILTERED) count(TAP_FILTERED)
  else if (route == ROUTE_DROPPED) count(TAP_DROPPED)
  else if (header & RETAIN & route) count(TAP_RETAINED)
  else if (bytes > load<u32>(tap, TAP_PAYLOAD_BYTES)) count(TAP_DROPPED)
  else {
    const out: usize = load<u32>(tap, TAP_OUT)
    const size = FRAME_BYTES + ((bytes + 7) & ~7)
    if (out + size > <usize>load<u32>(tap, TAP_OUT_END)) {
      store<u32>(tap, size, TAP_NEEDED)
      return TAP_FULL
    }
    store<u32>(out, bytes, FRAME_PAYLOAD_BYTES)
    store<u32>(out, route >> 1, FRAME_CHANNEL)
    store<u32>(out, (header & RETAIN ? FLAG_RETAINED : 0) | (header & DUP ? FLAG_DUP : 0), FRAME_FLAGS)
    store<u32>(out, packetId, FRAME_PACKET_ID)
    copy(out + FRAME_BYTES, payload, bytes)
    store<u32>(tap, <u32>out + size, TAP_OUT)
  }
  store<u32>(tap, NONE, TAP_ROUTE)
  taken(packetId)
  return TAP_DONE
}

// Both have slack behind them; what is left of the last word is 0.
@inline function copy(to: usize, from: usize, bytes: u32): void {
  if (bytes > 256) memory.copy(to, from, bytes)
  else for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(from + i))
  store<u64>(to + bytes, 0)
}

// A message too long to hold is counted, acknowledged and skipped, once its packet id is there.
function skipMessage(at: usize, body: usize, next: usize, end: usize, header: u32): u32 {
  const qos = (header >> 1) & 3
  if (qos > 1) {
    store<u32>(tap, <u32>(next - body), TAP_TO)
    return fail(WRONG_LONG, qos)
  }
  const topicEnd = body + 2 > end ? body : body + 2 + ((<usize>load<u8>(body) << 8) | load<u8>(body, 1))
  if (body + 2 > end || topicEnd + 2 > end) {
    needs(max(topicEnd, body + 2) + 2 - at)
    return SHORT
  }
  if (topicEnd + 2 > next) return TAP_ERROR + WRONG_TOPIC
  const packetId = qos ? (<u32>load<u8>(topicEnd) << 8) | load<u8>(topicEnd, 1) : 0
  if (qos && !packetId) return TAP_ERROR + WRONG_PACKET_ID
  if (!load<u32>(tap, TAP_ONLY_COUNTS)) {
    if (packetId) {
      if (!load<u32>(tap, TAP_UNACKNOWLEDGED)) return TAP_ERROR + WRONG_UNACKNOWLEDGED
      if (load<u32>(tap, TAP_ACKS) == load<u32>(tap, TAP_ACKS_END)) return TAP_ACKS_FULL
    }
    count(TAP_DROPPED)
    taken(packetId)
  }
  store<u32>(tap, <u32>(next - at), TAP_SKIP)
  return TAP_DONE
}

@inline function taken(packetId: u32): void {
  count(TAP_MESSAGES)
  if (!packetId) return
  store<u32>(tap, load<u32>(tap, TAP_UNACKNOWLEDGED) - 1, TAP_UNACKNOWLEDGED)
  const ack: usize = load<u32>(tap, TAP_ACKS)
  // PUBACK: its header, two bytes, the packet id.
  store<u32>(ack, 0x0240 | ((packetId >> 8) << 16) | ((packetId & 0xff) << 24))
  store<u32>(tap, <u32>ack + 4, TAP_ACKS)
}

@inline function count(which: u32): void {
  const at = tap + which
  store<u32>(at, load<u32>(at) + 1)
}

function control(at: usize, body: usize, next: usize): u32 {
  store<u32>(tap, <u32>at, TAP_FROM)
  store<u32>(tap, <u32>next, TAP_TO)
  store<u32>(tap, <u32>body, TAP_HEADER)
  return TAP_CONTROL
}

function needs(bytes: usize): u32 {
  store<u32>(tap, <u32>bytes, TAP_NEEDED)
  return TAP_DONE
}

function fail(why: u32, value: u32): u32 {
  store<u32>(tap, value, TAP_FROM)
  return TAP_ERROR + why
}
