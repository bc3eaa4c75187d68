/** A CONNECT of MQTT 3.1.1: a clean session without keep-alive. */
export function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId)
  return Buffer.concat([
    Buffer.from([0x10, 12 + id.length, 0, 4]),
    Buffer.from('MQTT'),
    Buffer.from([4, 2, 0, 0, 0, id.length]),
    id,
  ])
}

/** A PUBLISH of QoS 1 with this packet id, or of QoS 0 where it is 0. */
export function publishPacket(topic: Buffer, payload: string, packetId: number): Buffer {
  const payloadBytes = Buffer.byteLength(payload)
  const restBytes = 2 + topic.length + (packetId ? 2 : 0) + payloadBytes
  const bytes = Buffer.allocUnsafe(5 + restBytes)
  let at = bytes.writeUInt8(packetId ? 0x32 : 0x30)
  for (let rest = restBytes; ; rest >>= 7) {
    at = bytes.writeUInt8((rest & 127) | (rest > 127 ? 128 : 0), at)
    if (rest <= 127) break
  }
  at = bytes.writeUInt16BE(topic.length, at)
  at += topic.copy(bytes, at)
  if (packetId) at = bytes.writeUInt16BE(packetId, at)
  at += bytes.write(payload, at)
  return bytes.subarray(0, at)
}
