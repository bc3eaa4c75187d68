// What the rest of the tap leaves to mqtt.js: checked here first, since its parser trusts lengths and may throw
// outside any reach of ours. Tables and lengths after the MQTT 5.0 and 3.1.1 standards, §2.2.2 and §3.

import { ProtocolError } from './protocol-error.js'

const BYTE = 1
const TWO = 2
const FOUR = 4
const VARINT = 5
const DATA = 6
const PAIR = 7

const KIND = new Uint8Array(128)
for (const id of [0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a]) KIND[id] = BYTE
for (const id of [0x13, 0x21, 0x22, 0x23]) KIND[id] = TWO
for (const id of [0x02, 0x11, 0x18, 0x27]) KIND[id] = FOUR
for (const id of [0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1a, 0x1c, 0x1f]) KIND[id] = DATA
KIND[0x0b] = VARINT
KIND[0x26] = PAIR

const TOPIC_ALIAS = 0x23

/** Walks over the properties of MQTT 5 and keeps the one that the tap needs. */
export class Properties {
  /** Topic alias of the properties read last, 0 for none. */
  topicAlias = 0

  /** Reads the properties at `at`, with their length before them, and returns where they end. Throws a ProtocolError. */
  read(bytes: Uint8Array, at: number, end: number): number {
    this.topicAlias = 0
    const first = varintEnd(bytes, at, end)
    const last = first + varint(bytes, at, first)
    if (last > end) throw new ProtocolError('properties are longer than their packet')
    at = first
    while (at < last) {
      const id = bytes[at++]
      const kind = id < 128 ? KIND[id] : 0
      let next = at + kind
      if (kind === 0) throw new ProtocolError(`unknown property ${id}`)
      if (kind === VARINT) next = varintEnd(bytes, at, last)
      else if (kind >= DATA) {
        next = dataEnd(bytes, at, last)
        if (kind === PAIR) next = dataEnd(bytes, next, last)
      }
      if (next > last) throw new ProtocolError('a property is longer than all of them')
      if (id === TOPIC_ALIAS) {
        this.topicAlias = (bytes[at] << 8) | bytes[at + 1]
        if (this.topicAlias === 0) throw new ProtocolError('topic alias 0')
      }
      at = next
    }
    return last
  }
}

function varintEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let next = at; next < at + 4 && next < end; next++) if (bytes[next] < 128) return next + 1
  throw new ProtocolError('a length that does not end')
}

function varint(bytes: Uint8Array, at: number, end: number): number {
  let value = 0
  while (--end >= at) value = value * 128 + (bytes[end] & 127)
  return value
}

function dataEnd(bytes: Uint8Array, at: number, end: number): number {
  const next = at + 2 + ((bytes[at] << 8) | bytes[at + 1])
  if (at + 2 > end || next > end) throw new ProtocolError('a property is longer than all of them')
  return next
}

const CONNACK = 2
const PUBREL = 6
const SUBACK = 9
const UNSUBACK = 11
const PINGRESP = 13
const DISCONNECT = 14
const FROM_BROKER = new Set([CONNACK, 4, 5, PUBREL, 7, SUBACK, UNSUBACK, PINGRESP, DISCONNECT])

/**
 * Throws a ProtocolError unless the body [at, end) of a packet other than PUBLISH is one that a broker may send.
 * `header` is the packet's first byte.
 */
export function checkControl(
  bytes: Uint8Array,
  header: number,
  at: number,
  end: number,
  properties: Properties | null,
) {
  const type = header >> 4
  const length = end - at
  if (!FROM_BROKER.has(type)) throw new ProtocolError(`a packet of type ${type}, which brokers do not send`)
  if ((header & 15) !== (type === PUBREL ? 2 : 0)) throw new ProtocolError(`a packet of type ${type} with wrong flags`)
  // What each type has before its properties, then whether anything may follow them.
  const fixed =
    type === PINGRESP ? 0 : type === SUBACK || type === UNSUBACK || !properties ? 2 : type === DISCONNECT ? 1 : 3
  const wrong = () => new ProtocolError(`a packet of type ${type} with a length of ${length} bytes`)
  if (type === PINGRESP || (type === DISCONNECT && !properties)) {
    if (length !== 0) throw wrong()
    return
  }
  if (!properties) {
    if (type === SUBACK ? length < 3 : length !== fixed) throw wrong()
    return
  }
  if (type === CONNACK) {
    // A broker without MQTT 5 answers in the old form, without properties.
    if (length !== 2 && (length < 3 || properties.read(bytes, at + 2, end) !== end)) throw wrong()
    return
  }
  if (type === SUBACK || type === UNSUBACK) {
    if (length < 4 || properties.read(bytes, at + 2, end) >= end) throw wrong()
    return
  }
  // Reason code and properties may be left out.
  if (length < (type === DISCONNECT ? 0 : 2)) throw wrong()
  if (length > fixed && properties.read(bytes, at + fixed, end) !== end) throw wrong()
}
