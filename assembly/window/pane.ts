// Panes of a window, found by their start; in a pane, groups of 64 series; in a group, a slot per series and state.
import {
  GROUP_BYTES,
  GROUP_PAGES,
  GROUP_USED,
  PAGE_BYTES,
  PANE_BUCKETS,
  PANE_DIRECTORY,
  PANE_EARLIER,
  PANE_END,
  PANE_LATER,
  PANE_NEXT,
  PANE_START,
  SLAB_FREE_PAGES,
  STATE_PAGE,
  STATE_SLOT_SHIFT,
  WINDOW_EVERY,
  WINDOW_LANES,
  WINDOW_NEWEST,
  WINDOW_OFFSET,
  WINDOW_OPEN_PANES,
  WINDOW_PANES,
  WINDOW_ROWS_STATE,
  WINDOW_SLOT_PAGES,
  WINDOW_ZONE,
  WINDOW_ZONE_LENGTH,
  ZONE_BYTES,
  ZONE_FROM,
  ZONE_OFFSET,
} from '../layout'
import { returnPage, slab, takePage } from './slab'

/// Bounds of the pane that `findBounds` found.
export let paneFrom: f64 = 0
export let paneTo: f64 = 0

/// The greatest multiple of `every` (moved by `offset`) at or before `time`. Division only proposes; comparison decides.
@inline export function floorTo(time: f64, every: f64, offset: f64): f64 {
  const start = Math.floor((time - offset) / every) * every + offset
  if (time < start) return start - every
  return time >= start + every ? start + every : start
}

/// Finds the bounds of the pane that holds `time`.
export function findBounds(window: usize, time: f64): void {
  if (load<u32>(window, WINDOW_ZONE) != 0) return findInZone(window, time)
  const every = load<f64>(window, WINDOW_EVERY)
  paneFrom = floorTo(time, every, load<f64>(window, WINDOW_OFFSET))
  paneTo = paneFrom + every
}

// By the clocks of a zone: a pane begins where they show a multiple of `every`, or jump over one. So a day has 23, 24 or 25
// hours, and the hour that comes twice is two panes.
function findInZone(window: usize, time: f64): void {
  const rows: usize = load<u32>(window, WINDOW_ZONE)
  const every = load<f64>(window, WINDOW_EVERY)
  const moved = load<f64>(window, WINDOW_OFFSET)
  let low: usize = 0
  let high: usize = load<u32>(window, WINDOW_ZONE_LENGTH)
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (load<f64>(rows + middle * ZONE_BYTES, ZONE_FROM) <= time) low = middle
    else high = middle
  }
  let row = rows + low * ZONE_BYTES
  const end = rows + <usize>load<u32>(window, WINDOW_ZONE_LENGTH) * ZONE_BYTES
  let offset = load<f64>(row, ZONE_OFFSET)
  let next = floorTo(time + offset, every, moved) + every - offset
  for (let later = row + ZONE_BYTES; later < end; later += ZONE_BYTES) {
    const change = load<f64>(later, ZONE_FROM)
    if (next <= change) break
    const after = load<f64>(later, ZONE_OFFSET)
    // Begins at the change where clocks jump onto or over a multiple.
    if (floorTo(change + after, every, moved) >= next + offset) {
      next = change
      break
    }
    offset = after
    next = -floorTo(-(change + after), every, -moved) - after
  }
  paneTo = next
  offset = load<f64>(row, ZONE_OFFSET)
  let start = floorTo(time + offset, every, moved) - offset
  for (; start < load<f64>(row, ZONE_FROM); row -= ZONE_BYTES) {
    const change = load<f64>(row, ZONE_FROM)
    const before = load<f64>(row - ZONE_BYTES, ZONE_OFFSET)
    // The clocks before the change never showed `change + before`, nor what they jumped over.
    if (floorTo(change + offset, every, moved) >= change + before) {
      start = change
      break
    }
    offset = before
    start = -floorTo(-(change + before), every, -moved) - every - before
  }
  paneFrom = start
}

@inline function bucket(window: usize, start: f64): usize {
  const number = <i64>Math.floor((start - load<f64>(window, WINDOW_OFFSET)) / load<f64>(window, WINDOW_EVERY) + 0.5)
  return <usize>load<u32>(window, WINDOW_PANES) + (<usize>(number & (PANE_BUCKETS - 1)) << 2)
}

/// The open pane that begins at `start`, or 0.
export function findPane(window: usize, start: f64): usize {
  let pane: usize = load<u32>(bucket(window, start))
  while (pane != 0 && load<f64>(pane, PANE_START) != start) pane = load<u32>(pane, PANE_NEXT)
  return pane
}

/// Opens the pane with these bounds; 0 when the slab is full.
export function openPane(window: usize, start: f64, end: f64): usize {
  const pane = takePage()
  if (pane == 0) return 0
  const head = bucket(window, start)
  store<f64>(pane, start, PANE_START)
  store<f64>(pane, end, PANE_END)
  store<u32>(pane, load<u32>(head), PANE_NEXT)
  store<u32>(head, <u32>pane)
  let later: usize = 0
  let earlier: usize = load<u32>(window, WINDOW_NEWEST)
  while (earlier != 0 && load<f64>(earlier, PANE_START) > start) {
    later = earlier
    earlier = load<u32>(earlier, PANE_EARLIER)
  }
  store<u32>(pane, <u32>earlier, PANE_EARLIER)
  store<u32>(pane, <u32>later, PANE_LATER)
  if (earlier != 0) store<u32>(earlier, <u32>pane, PANE_LATER)
  if (later != 0) store<u32>(later, <u32>pane, PANE_EARLIER)
  else store<u32>(window, <u32>pane, WINDOW_NEWEST)
  store<u32>(window, load<u32>(window, WINDOW_OPEN_PANES) + 1, WINDOW_OPEN_PANES)
  return pane
}

/// The pane of a lane, opened where it is not; 0 when the slab is full. It lies in no order, and is closed with its window.
export function openLane(window: usize, lane: u32): usize {
  const at = <usize>load<u32>(window, WINDOW_PANES) + (<usize>lane << 2)
  let pane: usize = load<u32>(at)
  if (pane != 0) return pane
  pane = takePage()
  store<u32>(at, <u32>pane)
  return pane
}

/// The pane of a lane, 0 = not opened.
@inline export function laneOf(window: usize, lane: u32): usize {
  return load<u32>(<usize>load<u32>(window, WINDOW_PANES) + (<usize>lane << 2))
}

/// Gives a pane that lies in no order and its group pages back.
function returnPane(pane: usize): void {
  for (let at = pane + PANE_DIRECTORY; at < pane + PAGE_BYTES; at += 4) {
    const page: usize = load<u32>(at)
    if (page != 0) returnPage(page)
  }
  returnPage(pane)
}

/// Gives the panes of all lanes back, as their window ends; nothing may be in them.
export function closeLanes(window: usize): void {
  for (let lane: u32 = 0; lane < load<u32>(window, WINDOW_LANES); lane++) {
    const at = <usize>load<u32>(window, WINDOW_PANES) + (<usize>lane << 2)
    const pane: usize = load<u32>(at)
    if (pane != 0) returnPane(pane)
    store<u32>(at, 0)
  }
}

/// Gives a pane and its group pages back; its groups must have given back their slot pages.
export function closePane(window: usize, pane: usize): void {
  let link = bucket(window, load<f64>(pane, PANE_START))
  while (<usize>load<u32>(link) != pane) link = <usize>load<u32>(link) + PANE_NEXT
  store<u32>(link, load<u32>(pane, PANE_NEXT))
  const earlier: usize = load<u32>(pane, PANE_EARLIER)
  const later: usize = load<u32>(pane, PANE_LATER)
  if (earlier != 0) store<u32>(earlier, <u32>later, PANE_LATER)
  if (later != 0) store<u32>(later, <u32>earlier, PANE_EARLIER)
  else store<u32>(window, <u32>earlier, WINDOW_NEWEST)
  returnPane(pane)
  store<u32>(window, load<u32>(window, WINDOW_OPEN_PANES) - 1, WINDOW_OPEN_PANES)
}

/// The group of a series in a pane, or 0.
@inline export function findGroup(pane: usize, series: u32): usize {
  const page: usize = load<u32>(pane + PANE_DIRECTORY + (<usize>(series >> 12) << 2))
  return page == 0 ? 0 : page + (<usize>((series >> 6) & 63) << 6)
}

/// The group of a series with its slot pages; 0 when the slab is full.
export function takeGroup(window: usize, pane: usize, series: u32): usize {
  const at = pane + PANE_DIRECTORY + (<usize>(series >> 12) << 2)
  if (at >= pane + PAGE_BYTES) return 0
  if (load<u32>(at) == 0) {
    const page = takePage()
    if (page == 0) return 0
    store<u32>(at, <u32>page)
  }
  const group = findGroup(pane, series)
  if (load<u32>(group, GROUP_PAGES) == 0) {
    const pages = load<u32>(window, WINDOW_SLOT_PAGES)
    if (load<u32>(slab, SLAB_FREE_PAGES) < pages) return 0
    for (let i: u32 = 0; i < pages; i++) store<u32>(group + (<usize>i << 2), <u32>takePage(), GROUP_PAGES)
  }
  return group
}

/// Gives back the slot pages of a group that holds no series any more.
export function emptyGroup(window: usize, group: usize): void {
  const pages = load<u32>(window, WINDOW_SLOT_PAGES)
  for (let i: u32 = 0; i < pages; i++) returnPage(load<u32>(group + (<usize>i << 2), GROUP_PAGES))
  memory.fill(group, 0, GROUP_BYTES)
}

/// Address of a slot. `handle` = group | series & 63; `page` and `shift` are the state's STATE_PAGE and STATE_SLOT_SHIFT.
@inline export function slotOf(handle: usize, page: u32, shift: u32): usize {
  const group = handle & ~63
  const index = <u32>handle & 63
  // A slot of 128 bytes fills two pages of 32 series.
  const half = shift == 7 ? index >> 5 : 0
  const within = shift == 7 ? index & 31 : index
  return <usize>load<u32>(group + (<usize>(page + half) << 2), GROUP_PAGES) + (<usize>within << shift)
}

/// The handle of a series that a pane has rows of, or 0.
@inline export function handleOf(pane: usize, series: u32): usize {
  const group = findGroup(pane, series)
  return group == 0 || !isUsed(group, series) ? 0 : group | <usize>(series & 63)
}

/// The slot of a state, by its STATE record.
@inline export function stateSlot(handle: usize, state: usize): usize {
  return slotOf(handle, load<u32>(state, STATE_PAGE), load<u32>(state, STATE_SLOT_SHIFT))
}

/// The slot of the rows that a window keeps.
@inline export function rowsSlot(window: usize, handle: usize): usize {
  return stateSlot(handle, load<u32>(window, WINDOW_ROWS_STATE))
}

@inline export function isUsed(group: usize, series: u32): bool {
  return (load<u64>(group, GROUP_USED) & (<u64>1 << <u64>(series & 63))) != 0
}
