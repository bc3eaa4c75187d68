// Panes of a window, found by their start; in a pane, groups of 64 series; in a group, a slot per series and state.
import {
  GROUP_BYTES,
  GROUP_PAGES,
  GROUP_USED,
  PAGE_BYTES,
  PANE_BUCKETS,
  PANE_DIRECTORY,
  PANE_END,
  PANE_NEXT,
  PANE_START,
  SLAB_FREE_PAGES,
  WINDOW_EVERY,
  WINDOW_OFFSET,
  WINDOW_OPEN_PANES,
  WINDOW_PANES,
  WINDOW_SLOT_PAGES,
} from '../layout'
import { returnPage, slab, takePage } from './slab'

/// Start of the pane that holds `time`. Division only proposes; comparison decides.
export function paneStart(window: usize, time: f64): f64 {
  const every = load<f64>(window, WINDOW_EVERY)
  const offset = load<f64>(window, WINDOW_OFFSET)
  const start = Math.floor((time - offset) / every) * every + offset
  if (time < start) return start - every
  return time >= start + every ? start + every : start
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

/// Opens the pane that begins at `start`; 0 when the slab is full.
export function openPane(window: usize, start: f64): usize {
  const pane = takePage()
  if (pane == 0) return 0
  const head = bucket(window, start)
  store<f64>(pane, start, PANE_START)
  store<f64>(pane, start + load<f64>(window, WINDOW_EVERY), PANE_END)
  store<u32>(pane, load<u32>(head), PANE_NEXT)
  store<u32>(head, <u32>pane)
  store<u32>(window, load<u32>(window, WINDOW_OPEN_PANES) + 1, WINDOW_OPEN_PANES)
  return pane
}

/// Gives a pane and its group pages back; its groups must have given back their slot pages.
export function closePane(window: usize, pane: usize): void {
  let link = bucket(window, load<f64>(pane, PANE_START))
  while (<usize>load<u32>(link) != pane) link = <usize>load<u32>(link) + PANE_NEXT
  store<u32>(link, load<u32>(pane, PANE_NEXT))
  for (let at = pane + PANE_DIRECTORY; at < pane + PAGE_BYTES; at += 4) {
    const page: usize = load<u32>(at)
    if (page != 0) returnPage(page)
  }
  returnPage(pane)
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

@inline export function isUsed(group: usize, series: u32): bool {
  return (load<u64>(group, GROUP_USED) & (<u64>1 << <u64>(series & 63))) != 0
}
