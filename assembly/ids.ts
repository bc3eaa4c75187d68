// Which messages came under which packet id, so that one that is sent again over a later connection is known: a mark an
// id, 48 bits of a hash of channel and payload, seeded, and 16 bits of the connection. Two messages that differ pass for
// the same one with a chance of 2^-48, and nobody outside can choose them to.
import {
  FRAME_BYTES,
  FRAME_CHANNEL,
  FRAME_PACKET_ID,
  FRAME_PAYLOAD_BYTES,
  IDS_MARKS,
  IDS_SEED,
  IDS_USED,
} from './layout'
import { hash } from './table'

@inline function markOf(ids: usize, frame: usize): u64 {
  return hash(load<u64>(ids, IDS_SEED), load<u32>(frame, FRAME_CHANNEL), frame + FRAME_BYTES, load<u32>(frame, FRAME_PAYLOAD_BYTES))
}

@inline function placeOf(ids: usize, frame: usize): usize {
  return ids + IDS_MARKS + (<usize>(load<u32>(frame, FRAME_PACKET_ID) & 0xffff) << 3)
}

/// Marks the frames in [from, end) that have a packet id as the last that came under it, on this connection.
export function remember(ids: usize, from: usize, end: usize, connection: u32): void {
  for (let frame = from; frame < end; ) {
    if (load<u32>(frame, FRAME_PACKET_ID) != 0) {
      store<u64>(placeOf(ids, frame), (markOf(ids, frame) & ~(<u64>0xffff)) | (connection & 0xffff))
      store<u32>(ids, 1, IDS_USED)
    }
    frame += FRAME_BYTES + ((load<u32>(frame, FRAME_PAYLOAD_BYTES) + 7) & ~7)
  }
}

/// Whether a frame is the last that came under its packet id, over an earlier connection.
export function cameBefore(ids: usize, frame: usize, connection: u32): bool {
  const mark = load<u64>(placeOf(ids, frame))
  return mark != 0 && <u32>(mark & 0xffff) != (connection & 0xffff) && ((mark ^ markOf(ids, frame)) >> 16) == 0
}
