// Look-up tables from (prefix, bytes) to an id: open addressing, linear probing, a seeded 64-bit hash, bytes always
// compared. Written by the host's calls only. A table is full at three quarters of its entries or when the key bytes
// left are too few for the longest key; from then on `insert` refuses every new key and readers take unknown keys as REJECTED.
import {
  ENTRY_BYTES,
  ENTRY_HASH,
  ENTRY_ID,
  ENTRY_KEY,
  ENTRY_PREFIX,
  KEY_HEAD_BYTES,
  NONE,
  TABLE_ENTRIES,
  TABLE_KEYS,
  TABLE_KEYS_END,
  TABLE_MASK,
  TABLE_SEED,
  TABLE_USED,
} from './layout'

/// Longest key in bytes; look-ups of longer ones find nothing and inserts are refused.
export const LONGEST_KEY_BYTES: u32 = 4096

const NEVER_USED: u32 = 0
const REMOVED: u32 = 1
const FIRST_ID: u32 = 2

// wyhash's fold: both halves of the 128-bit product. A plain multiply lets a top bit through unchanged, so that names
// could be made to collide whatever the seed is.
@inline function fold(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff
  const aHigh = a >> 32
  const bLow = b & 0xffffffff
  const bHigh = b >> 32
  const low = aLow * bLow
  const cross = aHigh * bLow + (low >> 32)
  const middle = aLow * bHigh + (cross & 0xffffffff)
  return (aHigh * bHigh + (cross >> 32) + (middle >> 32)) ^ ((middle << 32) | (low & 0xffffffff))
}

/// The low bytes of a word, 1 to 8.
@inline function tailMask(bytes: usize): u64 {
  return <u64>-1 >> ((8 - <u64>bytes) << 3)
}

// As wyhash, 16 bytes a fold; both of its factors have part of the seed in them, so that nobody can make one of them zero,
// behind which everything would be equal. Keys are text with slack behind it, so whole words may be loaded; what lies past
// the end is masked out.
export function hash(seed: u64, prefix: u32, key: usize, bytes: usize): u64 {
  return hashHere(seed, prefix, key, bytes)
}

@inline function hashHere(seed: u64, prefix: u32, key: usize, bytes: usize): u64 {
  let h = fold(seed ^ 0xa0761d6478bd642f, ((<u64>bytes << 32) | prefix) ^ 0xe7037ed1a0b428db)
  const other = seed * 0x9e3779b97f4a7c15 + 0x8ebc6af09c88c6e3
  const pairs = key + (bytes & ~15)
  for (; key < pairs; key += 16) h = fold(load<u64>(key) ^ other, load<u64>(key, 8) ^ h)
  const rest = bytes & 15
  if (rest > 8) h = fold(load<u64>(key) ^ other, (load<u64>(key, 8) & tailMask(rest - 8)) ^ h)
  else if (rest) h = fold((load<u64>(key) & tailMask(rest)) ^ other, h)
  return fold(h ^ other, 0x1d8e4e27c47d124f)
}

/// Whether the same bytes stand at both addresses; both have slack behind them.
export function sameBytes(a: usize, b: usize, bytes: usize): bool {
  const words = a + (bytes & ~7)
  for (; a < words; a += 8, b += 8) if (load<u64>(a) != load<u64>(b)) return false
  return !(bytes & 7) || ((load<u64>(a) ^ load<u64>(b)) & tailMask(bytes & 7)) == 0
}

// The entry of the key, or 0; then `vacant` is where it would go (0 = nowhere).
let vacant: usize = 0
function find(table: usize, prefix: u32, key: usize, bytes: u32, hashed: u64): usize {
  const entries: usize = load<u32>(table, TABLE_ENTRIES)
  const mask = load<u32>(table, TABLE_MASK)
  const upper = <u32>(hashed >> 32)
  let index = <u32>hashed & mask
  vacant = 0
  for (let probes: u32 = 0; probes <= mask; probes++, index = (index + 1) & mask) {
    const entry = entries + <usize>index * ENTRY_BYTES
    const id = load<u32>(entry, ENTRY_ID)
    if (id < FIRST_ID) {
      if (!vacant) vacant = entry
      if (id == NEVER_USED) return 0
    } else if (
      load<u32>(entry, ENTRY_HASH) == upper &&
      load<u32>(entry, ENTRY_PREFIX) == prefix &&
      load<u32>(load<u32>(entry, ENTRY_KEY) - KEY_HEAD_BYTES) == bytes &&
      sameBytes(load<u32>(entry, ENTRY_KEY), key, bytes)
    )
      return entry
  }
  return 0
}

/// The key's id, or NONE.
// As `find`, in place and without a thought for where the key would go: look-ups are all that most messages need.
export function lookup(table: usize, prefix: u32, key: usize, keyBytes: u32): u32 {
  if (keyBytes > LONGEST_KEY_BYTES) return NONE
  const hashed = hashHere(load<u64>(table, TABLE_SEED), prefix, key, keyBytes)
  const entries: usize = load<u32>(table, TABLE_ENTRIES)
  const mask = load<u32>(table, TABLE_MASK)
  const head = hashed >> 32 | <u64>prefix << 32
  let index = <u32>hashed & mask
  for (let probes: u32 = 0; probes <= mask; probes++, index = (index + 1) & mask) {
    const entry = entries + <usize>index * ENTRY_BYTES
    const id = load<u32>(entry, ENTRY_ID)
    if (load<u64>(entry, ENTRY_HASH) == head && id >= FIRST_ID) {
      const known: usize = load<u32>(entry, ENTRY_KEY)
      if (load<u32>(known - KEY_HEAD_BYTES) == keyBytes && sameBytes(known, key, keyBytes)) return id - FIRST_ID
    } else if (id == NEVER_USED) return NONE
  }
  return NONE
}

/// Whether the table takes no new key.
export function isFull(table: usize): bool {
  const entries = load<u32>(table, TABLE_MASK) + 1
  const keysLeft = load<u32>(table, TABLE_KEYS_END) - load<u32>(table, TABLE_KEYS)
  return load<u32>(table, TABLE_USED) >= entries - (entries >> 2) || keysLeft < LONGEST_KEY_BYTES + KEY_HEAD_BYTES
}

/// Gives the key this id, copying its bytes if it is new; REJECTED is an id too, NONE is not. False: no room.
export function insert(table: usize, prefix: u32, key: usize, keyBytes: u32, id: u32): bool {
  if (keyBytes > LONGEST_KEY_BYTES) return false
  const hashed = hash(load<u64>(table, TABLE_SEED), prefix, key, keyBytes)
  let entry = find(table, prefix, key, keyBytes, hashed)
  if (!entry) {
    if (isFull(table)) return false
    entry = vacant
    if (load<u32>(entry, ENTRY_ID) == NEVER_USED) store<u32>(table, load<u32>(table, TABLE_USED) + 1, TABLE_USED)
    const copy = load<u32>(table, TABLE_KEYS) + KEY_HEAD_BYTES
    store<u32>(copy - KEY_HEAD_BYTES, keyBytes)
    memory.copy(copy, key, keyBytes)
    store<u32>(table, copy + ((keyBytes + 7) & ~7), TABLE_KEYS)
    store<u32>(entry, <u32>(hashed >> 32), ENTRY_HASH)
    store<u32>(entry, prefix, ENTRY_PREFIX)
    store<u32>(entry, copy, ENTRY_KEY)
  }
  store<u32>(entry, id + FIRST_ID, ENTRY_ID)
  return true
}

/// Forgets the key. Its entry can be taken again, its key bytes only by building the table anew.
// A removed entry must not end a search, unless one that was never used follows anyway: then the removed ones before it
// need not be passed either.
export function remove(table: usize, prefix: u32, key: usize, keyBytes: u32): void {
  if (keyBytes > LONGEST_KEY_BYTES) return
  const entry = find(table, prefix, key, keyBytes, hash(load<u64>(table, TABLE_SEED), prefix, key, keyBytes))
  if (!entry) return
  store<u32>(entry, REMOVED, ENTRY_ID)
  const entries: usize = load<u32>(table, TABLE_ENTRIES)
  const mask = load<u32>(table, TABLE_MASK)
  let index = <u32>((entry - entries) / ENTRY_BYTES)
  if (load<u32>(entries + <usize>((index + 1) & mask) * ENTRY_BYTES, ENTRY_ID) != NEVER_USED) return
  let used = load<u32>(table, TABLE_USED)
  for (; load<u32>(entries + <usize>index * ENTRY_BYTES, ENTRY_ID) == REMOVED; index = (index - 1) & mask, used--)
    store<u32>(entries + <usize>index * ENTRY_BYTES, NEVER_USED, ENTRY_ID)
  store<u32>(table, used, TABLE_USED)
}
