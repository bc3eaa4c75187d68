// The check of a binary payload, by a table of the host's (`src/memory/crc.ts`).
import { NONE } from '../layout'
import {
  CRC_BIG,
  CRC_REFLECTED,
  STRUCT_CRC_AT,
  STRUCT_CRC_BYTES,
  STRUCT_CRC_FLAGS,
  STRUCT_CRC_FROM,
  STRUCT_CRC_INIT,
  STRUCT_CRC_TABLE,
  STRUCT_CRC_TO,
  STRUCT_CRC_XOR,
} from './struct-layout'

/// Whether the check in a payload of the right length is its own.
export function structCrcHolds(own: usize, start: usize, end: usize): bool {
  const bytes = load<u32>(own, STRUCT_CRC_BYTES)
  const at = load<u32>(own, STRUCT_CRC_AT)
  const to = load<u32>(own, STRUCT_CRC_TO)
  const check = at == NONE ? end - bytes : start + at
  const stop = to != NONE ? start + to : at == NONE ? check : end
  const flags = load<u32>(own, STRUCT_CRC_FLAGS)
  let sent: u32 = 0
  for (let i: u32 = 0; i < bytes; i++) sent = (sent << 8) | load<u8>(check + (flags & CRC_BIG ? i : bytes - 1 - i))
  return sent == crcOf(own, start + load<u32>(own, STRUCT_CRC_FROM), stop)
}

function crcOf(own: usize, p: usize, end: usize): u32 {
  const table: usize = load<u32>(own, STRUCT_CRC_TABLE)
  const width = load<u32>(own, STRUCT_CRC_BYTES) << 3
  let crc = load<u32>(own, STRUCT_CRC_INIT)
  if (load<u32>(own, STRUCT_CRC_FLAGS) & CRC_REFLECTED) {
    for (; p < end; p++) crc = (crc >>> 8) ^ load<u32>(table + (<usize>((crc ^ load<u8>(p)) & 255) << 2))
  } else {
    const mask: u32 = width == 32 ? 0xffffffff : (1 << width) - 1
    for (; p < end; p++)
      crc = ((crc << 8) ^ load<u32>(table + (<usize>(((crc >>> (width - 8)) ^ load<u8>(p)) & 255) << 2))) & mask
  }
  return crc ^ load<u32>(own, STRUCT_CRC_XOR)
}
