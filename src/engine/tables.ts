import { randomBytes } from 'node:crypto'
import {
  ENTRY_BYTES,
  TABLE_ENTRIES,
  TABLE_KEYS,
  TABLE_KEYS_END,
  TABLE_MASK,
  TABLE_SEED,
  TABLE_USED,
} from '../../assembly/layout.js'
import type { Region } from '../memory/regions.js'
import type { EngineMemory } from './engine-memory.js'

/** Makes an empty look-up table over two regions. Its seed is the process's own, so that nobody can choose keys that collide. */
export function initTable({ u32, u8 }: EngineMemory, table: Region, entries: Region, keys: Region): void {
  // New memory is zero already, and stays untouched where nothing is written.
  if (u32[(table.start + TABLE_USED) >>> 2] !== 0) u8.fill(0, entries.start, entries.end)
  u8.fill(0, table.start, table.end)
  u32[(table.start + TABLE_MASK) >>> 2] = (entries.end - entries.start) / ENTRY_BYTES - 1
  u32[(table.start + TABLE_ENTRIES) >>> 2] = entries.start
  u32[(table.start + TABLE_KEYS) >>> 2] = keys.start
  u32[(table.start + TABLE_KEYS_END) >>> 2] = keys.end
  u8.set(randomBytes(8), table.start + TABLE_SEED)
}
