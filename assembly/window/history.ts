// Closed panes of hopping windows, packed: for each series a list of pages, in each so many panes and their sum. So a window
// of many panes is added up from whole pages and the few panes at its edges.
import {
  HISTORY_BYTES,
  HISTORY_ENTRIES,
  HISTORY_MOST,
  HISTORY_NEWEST,
  HISTORY_NEXT,
  HISTORY_OLDEST,
  HISTORY_PRESENT,
  HISTORY_START,
  PACK_ALL,
  PACK_AT,
  PACK_BYTES,
  PACK_KIND,
  PACK_MAX,
  PACK_MIN,
  PACK_NONE,
  PACK_SUM,
  PACK_WHAT,
  PAGE_BYTES,
  SLOT_MAX_BYTES,
  STATE_BYTES,
  STATE_SLOT_SHIFT,
  WINDOW_EVERY,
  WINDOW_HISTORY,
  WINDOW_PACKS,
  WINDOW_PACK_BYTES,
  WINDOW_PARTS,
  WINDOW_STATES,
  WINDOW_STATE_LIST,
} from '../layout'
import { high, low } from '../state/exact'
import { DISTINCT, merge, MOMENTS, RANKS, release } from '../state/index'
import { COUNT, MAX, MIN, SUM, SUM_LOW, total } from '../state/moments'
import { stateSlot } from './pane'
import { returnPage, takePage } from './slab'

@inline function historyOf(window: usize, id: u32): usize {
  return <usize>load<u32>(window, WINDOW_HISTORY) + <usize>id * HISTORY_BYTES
}

/// Panes a page.
@inline function perPage(window: usize): u32 {
  const n = (PAGE_BYTES - HISTORY_ENTRIES) / load<u32>(window, WINDOW_PACK_BYTES) - 1
  return n < HISTORY_MOST ? n : HISTORY_MOST
}

@inline function entryOf(window: usize, page: usize, index: u32): usize {
  return page + HISTORY_ENTRIES + <usize>(index * load<u32>(window, WINDOW_PACK_BYTES))
}

@inline function isPresent(page: usize, index: u32): bool {
  return (load<u32>(page + (<usize>(index >> 5) << 2), HISTORY_PRESENT) & (1 << (index & 31))) != 0
}

@inline function sumOf(window: usize, page: usize): usize {
  return entryOf(window, page, perPage(window))
}

/// A packed pane's address for a series, behind all that were packed before; 0 when the slab is full.
function place(window: usize, id: u32, start: f64): usize {
  const history = historyOf(window, id)
  const every = load<f64>(window, WINDOW_EVERY)
  const per = perPage(window)
  let page: usize = load<u32>(history, HISTORY_NEWEST)
  if (page == 0 || start >= load<f64>(page, HISTORY_START) + every * <f64>per) {
    const next = takePage()
    if (next == 0) return 0
    store<f64>(next, start, HISTORY_START)
    if (page == 0) store<u32>(history, <u32>next, HISTORY_OLDEST)
    else store<u32>(page, <u32>next, HISTORY_NEXT)
    store<u32>(history, <u32>next, HISTORY_NEWEST)
    page = next
  }
  const index = <u32>((start - load<f64>(page, HISTORY_START)) / every + 0.5)
  const word = page + (<usize>(index >> 5) << 2)
  store<u32>(word, load<u32>(word, HISTORY_PRESENT) | (1 << (index & 31)), HISTORY_PRESENT)
  return entryOf(window, page, index)
}

/// Packs a pane's slots of a series, whose rows have left `parts` (16 bytes each); the slots keep nothing that they must
/// give back. False: the slab is full, and the pane is lost to windows that are still to come.
export function pack(window: usize, id: u32, start: f64, handle: usize, parts: usize, scratch: usize): bool {
  const entry = place(window, id, start)
  if (entry == 0) return false
  const states = load<u32>(window, WINDOW_STATES)
  for (let i: u32 = 0; i < states; i++) {
    const record = <usize>load<u32>(window, WINDOW_PACKS) + <usize>i * PACK_BYTES
    const state = <usize>load<u32>(window, WINDOW_STATE_LIST) + <usize>i * STATE_BYTES
    const slot = stateSlot(handle, state)
    packSlot(record, entry + load<u32>(record, PACK_AT), slot)
    // Its blocks belong to the packed pane now.
    const what = load<u32>(record, PACK_WHAT)
    if (what == PACK_ALL) memory.fill(slot, 0, <usize>1 << load<u32>(state, STATE_SLOT_SHIFT))
  }
  const partBytes = <usize>load<u32>(window, WINDOW_PARTS) << 4
  memory.copy(entry + load<u32>(window, WINDOW_PACK_BYTES) - partBytes, parts, partBytes)
  const page: usize = load<u32>(historyOf(window, id), HISTORY_NEWEST)
  addEntry(window, sumOf(window, page), entry, scratch)
  return true
}

function packSlot(record: usize, to: usize, slot: usize): void {
  const what = load<u32>(record, PACK_WHAT)
  if (what == PACK_NONE) return
  if (what == PACK_ALL) {
    memory.copy(to, slot, slotBytes(load<u32>(record, PACK_KIND)))
    return
  }
  if (what & PACK_SUM) {
    total(slot)
    store<f64>(to, load<f64>(slot, COUNT))
    store<f64>(to, high, 8)
    store<f64>(to, low, 16)
    to += 24
  }
  const isEmpty = load<f64>(slot, COUNT) == 0
  if (what & PACK_MIN) {
    store<f64>(to, isEmpty ? Infinity : load<f64>(slot, MIN))
    to += 8
  }
  if (what & PACK_MAX) store<f64>(to, isEmpty ? -Infinity : load<f64>(slot, MAX))
}

@inline function slotBytes(kind: u32): usize {
  return kind == 2 || kind == 3 || kind == 5 ? 128 : 64
}

/// A packed state as a slot to be merged: itself, or made in `scratch`.
function unpack(record: usize, from: usize, scratch: usize): usize {
  const what = load<u32>(record, PACK_WHAT)
  if (what == PACK_ALL) return from
  memory.fill(scratch, 0, 64)
  store<f64>(scratch, 1, COUNT)
  if (what & PACK_SUM) {
    store<f64>(scratch, load<f64>(from), COUNT)
    store<f64>(scratch, load<f64>(from, 8), SUM)
    store<f64>(scratch, load<f64>(from, 16), SUM_LOW)
    from += 24
  }
  if (what & PACK_MIN) {
    store<f64>(scratch, load<f64>(from), MIN)
    from += 8
  } else store<f64>(scratch, Infinity, MIN)
  store<f64>(scratch, what & PACK_MAX ? load<f64>(from) : -Infinity, MAX)
  // A pane without rows has extremes that are none.
  if (!(what & PACK_SUM) && (what & PACK_MIN ? load<f64>(scratch, MIN) == Infinity : load<f64>(scratch, MAX) == -Infinity)) {
    store<f64>(scratch, 0, COUNT)
  }
  return scratch
}

/// Adds a packed pane to the sum of its page.
function addEntry(window: usize, sum: usize, entry: usize, scratch: usize): void {
  const states = load<u32>(window, WINDOW_STATES)
  for (let i: u32 = 0; i < states; i++) {
    const record = <usize>load<u32>(window, WINDOW_PACKS) + <usize>i * PACK_BYTES
    const what = load<u32>(record, PACK_WHAT)
    const at = load<u32>(record, PACK_AT)
    if (what == PACK_NONE) continue
    if (what == PACK_ALL) {
      merge(load<u32>(record, PACK_KIND), sum + at, entry + at)
      continue
    }
    // All zero is an empty sum, which has no extremes yet: `used` in its place is the flag of the first.
    const slot = scratch + SLOT_MAX_BYTES
    if (isEmptySum(window, sum)) memory.fill(slot, 0, 64)
    else memory.copy(slot, unpack(record, sum + at, scratch), 64)
    merge(MOMENTS, slot, unpack(record, entry + at, scratch))
    packSlot(record, sum + at, slot)
  }
  const partBytes = <usize>load<u32>(window, WINDOW_PARTS) << 4
  const from = <usize>load<u32>(window, WINDOW_PACK_BYTES) - partBytes
  for (let at = from; at < from + partBytes; at += 8) store<f64>(sum + at, load<f64>(sum + at) + load<f64>(entry + at))
  setSummed(window, sum)
}

// Whether the sum holds anything is kept in the last of the bits of its page's panes.
@inline function isEmptySum(window: usize, sum: usize): bool {
  return !isPresent(sum & ~(<usize>PAGE_BYTES - 1), 511)
}

@inline function setSummed(window: usize, sum: usize): void {
  const word = (sum & ~(<usize>PAGE_BYTES - 1)) + 60
  store<u32>(word, load<u32>(word, HISTORY_PRESENT) | (1 << 31), HISTORY_PRESENT)
}

/// Start of the first and end of the last of the panes that `addPacked` found.
export let packedFrom: f64 = 0
export let packedTo: f64 = 0

/// Adds the packed panes of a series in [from, to) to the slots at `into` (SLOT_MAX_BYTES apart) and their parts to
/// `parts`. Returns whether there are any.
export function addPacked(window: usize, id: u32, from: f64, to: f64, into: usize, parts: usize, scratch: usize): bool {
  const every = load<f64>(window, WINDOW_EVERY)
  const per = perPage(window)
  let found = false
  let page: usize = load<u32>(historyOf(window, id), HISTORY_OLDEST)
  for (; page != 0; page = load<u32>(page, HISTORY_NEXT)) {
    const start = load<f64>(page, HISTORY_START)
    const end = start + every * <f64>per
    if (end <= from) continue
    if (start >= to) break
    const isNewest = load<u32>(page, HISTORY_NEXT) == 0
    if (start >= from && (end <= to || (isNewest && lastOf(window, page) < to))) {
      addTo(window, sumOf(window, page), into, parts, scratch)
      if (!found) packedFrom = start
      packedTo = lastOf(window, page) + every
      found = true
      continue
    }
    for (let i: u32 = 0; i < per; i++) {
      const at = start + every * <f64>i
      if (at < from || !isPresent(page, i)) continue
      if (at >= to) break
      addTo(window, entryOf(window, page, i), into, parts, scratch)
      if (!found) packedFrom = at
      packedTo = at + every
      found = true
    }
  }
  return found
}

/// Start of the last pane in a page.
function lastOf(window: usize, page: usize): f64 {
  for (let i = perPage(window); i > 0; i--) {
    if (isPresent(page, i - 1)) return load<f64>(page, HISTORY_START) + load<f64>(window, WINDOW_EVERY) * <f64>(i - 1)
  }
  return -Infinity
}

function addTo(window: usize, entry: usize, into: usize, parts: usize, scratch: usize): void {
  const states = load<u32>(window, WINDOW_STATES)
  for (let i: u32 = 0; i < states; i++) {
    const record = <usize>load<u32>(window, WINDOW_PACKS) + <usize>i * PACK_BYTES
    if (load<u32>(record, PACK_WHAT) == PACK_NONE) continue
    merge(load<u32>(record, PACK_KIND), into + <usize>i * SLOT_MAX_BYTES, unpack(record, entry + load<u32>(record, PACK_AT), scratch))
  }
  const partBytes = <usize>load<u32>(window, WINDOW_PARTS) << 4
  const from = entry + load<u32>(window, WINDOW_PACK_BYTES) - partBytes
  for (let at: usize = 0; at < partBytes; at += 8) store<f64>(parts + at, load<f64>(parts + at) + load<f64>(from + at))
}

/// Gives back the pages of a series whose panes all end at or before `to`.
export function dropPacked(window: usize, id: u32, to: f64): void {
  const history = historyOf(window, id)
  const every = load<f64>(window, WINDOW_EVERY)
  const per = perPage(window)
  let page: usize = load<u32>(history, HISTORY_OLDEST)
  while (page != 0) {
    const whole = load<f64>(page, HISTORY_START) + every * <f64>per
    if (whole > to && (load<u32>(page, HISTORY_NEXT) != 0 || lastOf(window, page) + every > to)) return
    const next: usize = load<u32>(page, HISTORY_NEXT)
    releasePage(window, page)
    store<u32>(history, <u32>next, HISTORY_OLDEST)
    if (next == 0) store<u32>(history, 0, HISTORY_NEWEST)
    page = next
  }
}

function releasePage(window: usize, page: usize): void {
  const states = load<u32>(window, WINDOW_STATES)
  const per = perPage(window)
  for (let i: u32 = 0; i < states; i++) {
    const record = <usize>load<u32>(window, WINDOW_PACKS) + <usize>i * PACK_BYTES
    const kind = load<u32>(record, PACK_KIND)
    if (kind != RANKS && kind != DISTINCT) continue
    for (let k: u32 = 0; k <= per; k++) release(kind, entryOf(window, page, k) + load<u32>(record, PACK_AT), 64)
  }
  returnPage(page)
}
