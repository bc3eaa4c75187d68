// Closing: the lines of panes that are due, and the end of those that nothing can correct any more.
import {
  DEVICE_BYTES,
  DEVICE_FIRST_SERIES,
  DEVICE_HIGH,
  DEVICE_SOURCE,
  GROUP_BYTES,
  GROUP_DIRTY,
  GROUP_EMITTED,
  GROUP_USED,
  LINE_BYTES,
  LINE_CORRECTION,
  LINE_DEVICE,
  LINE_SERIES,
  LIST_BYTES,
  LIST_LENGTH,
  LIST_REDUCTIONS,
  NONE,
  PAGE_BYTES,
  PANES_DUE,
  PANES_SWEEP,
  PANE_BUCKETS,
  PANE_DIRECTORY,
  PANE_DIRTY,
  PANE_END,
  PANE_NEXT,
  PANE_SWEEP,
  PANE_WITNESS,
  REDUCTION_ARGUMENTS,
  REDUCTION_BYTES,
  REDUCTION_KERNEL,
  REDUCTION_STATE,
  SERIES_BYTES,
  SERIES_DEVICE,
  SERIES_NEXT,
  SLAB_DEVICES,
  SLAB_GROUP_SOURCE,
  SLAB_SERIES,
  SOURCE_WAIT,
  SOURCE_WATERMARK,
  STATE_BYTES,
  STATE_KIND,
  STATE_PAGE,
  STATE_SLOT_SHIFT,
  WINDOW_LATENESS,
  WINDOW_LISTS,
  WINDOW_MEMBERS,
  WINDOW_PANES,
  WINDOW_SLAB,
  WINDOW_STATES,
  WINDOW_STATE_LIST,
} from '../layout'
import { call } from './call'
import { release } from '../state/index'
import { closePane, emptyGroup, findGroup, isUsed, slotOf } from './pane'

/// Address behind the last line written by `collect` or `sweep`.
export let linesEnd: usize = 0

/// How far a device's time has come: what ends (lateness included) here or before is final for it. Infinity once its source is over.
function lead(slab: usize, number: u32): f64 {
  const device = <usize>load<u32>(slab, SLAB_DEVICES) + <usize>number * DEVICE_BYTES
  const source: usize = load<u32>(device, DEVICE_SOURCE)
  if (load<f64>(source, SOURCE_WATERMARK) == Infinity) return Infinity
  return load<f64>(device, DEVICE_HIGH) - load<f64>(source, SOURCE_WAIT)
}

/// Writes the addresses of panes to `out`; returns how many, at most `room`.
export function listPanes(window: usize, which: u32, watermark: f64, out: usize, room: u32): u32 {
  const buckets: usize = load<u32>(window, WINDOW_PANES)
  const lateness = load<f64>(window, WINDOW_LATENESS)
  const slab: usize = load<u32>(window, WINDOW_SLAB)
  let n: u32 = 0
  for (let at = buckets; at < buckets + (PANE_BUCKETS << 2); at += 4) {
    for (let pane: usize = load<u32>(at); pane != 0; pane = load<u32>(pane, PANE_NEXT)) {
      const end = load<f64>(pane, PANE_END)
      if (which == PANES_DUE && (end > watermark || !load<u32>(pane, PANE_DIRTY))) continue
      if (which == PANES_SWEEP) {
        if (end + lateness > watermark) continue
        const witness = load<u32>(pane, PANE_WITNESS)
        if (load<f64>(pane, PANE_SWEEP) > watermark && witness != 0 && lead(slab, witness - 1) < end + lateness) continue
      }
      if (n == room) return n
      store<u32>(out + (<usize>n << 2), <u32>pane)
      n++
    }
  }
  return n
}

/// Writes one device's line of a pane; false when it has no room. Its series count as emitted from then on.
function writeLine(window: usize, pane: usize, device: u32, end: usize): bool {
  const slab: usize = load<u32>(window, WINDOW_SLAB)
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  const members: usize = load<u32>(window, WINDOW_MEMBERS)
  const lists: usize = load<u32>(window, WINDOW_LISTS)
  const states: usize = load<u32>(window, WINDOW_STATE_LIST)
  const first = load<u32>(
    <usize>load<u32>(slab, SLAB_DEVICES) + <usize>device * DEVICE_BYTES,
    DEVICE_FIRST_SERIES,
  )
  const line = linesEnd
  let out = line + LINE_BYTES
  if (out > end) return false
  let length: u32 = 0
  let correction: u32 = 0
  for (let id = first; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
    const member = load<u8>(members + id)
    if (member == 0) continue
    const group = findGroup(pane, id)
    if (group == 0 || !isUsed(group, id)) continue
    const list = lists + <usize>(member - 1) * LIST_BYTES
    const reductions: usize = load<u32>(list, LIST_REDUCTIONS)
    const n = load<u32>(list, LIST_LENGTH)
    if (out + 8 + (<usize>n << 3) > end) return false
    store<u32>(out, id)
    store<u32>(out, <u32>member - 1, 4)
    out += 8
    for (let r: u32 = 0; r < n; r++) {
      const reduction = reductions + <usize>r * REDUCTION_BYTES
      const state = states + <usize>load<u32>(reduction, REDUCTION_STATE) * STATE_BYTES
      const slot = slotOf(group | <usize>(id & 63), load<u32>(state, STATE_PAGE), load<u32>(state, STATE_SLOT_SHIFT))
      store<f64>(out, call(load<u32>(reduction, REDUCTION_KERNEL), slot, load<u32>(reduction, REDUCTION_ARGUMENTS)))
      out += 8
    }
    if (load<u64>(group, GROUP_EMITTED) & (<u64>1 << <u64>(id & 63))) correction = 1
    length++
  }
  // Only now that all of it had room.
  for (let id = first; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
    const group = findGroup(pane, id)
    if (group == 0) continue
    const bit = <u64>1 << <u64>(id & 63)
    store<u64>(group, load<u64>(group, GROUP_DIRTY) & ~bit, GROUP_DIRTY)
    if (load<u8>(members + id) != 0 && isUsed(group, id)) {
      store<u64>(group, load<u64>(group, GROUP_EMITTED) | bit, GROUP_EMITTED)
    }
  }
  store<u32>(line, device, LINE_DEVICE)
  store<u32>(line, length, LINE_SERIES)
  store<u32>(line, correction, LINE_CORRECTION)
  linesEnd = out
  return true
}

@inline function sourceOf(slab: usize, series: u32): usize {
  return load<u32>(<usize>load<u32>(slab, SLAB_GROUP_SOURCE) + (<usize>(series >> 6) << 2))
}

@inline function deviceNumber(slab: usize, series: u32): u32 {
  return load<u32>(<usize>load<u32>(slab, SLAB_SERIES) + <usize>series * SERIES_BYTES, SERIES_DEVICE)
}

/// Writes a line for each device whose series changed and whose source's watermark has passed the pane's end.
/// Returns true when there was no room for all: take these, call again.
export function collect(window: usize, pane: usize, out: usize, end: usize): bool {
  const slab: usize = load<u32>(window, WINDOW_SLAB)
  linesEnd = out
  let left: u32 = 0
  for (let at = pane + PANE_DIRECTORY; at < pane + PAGE_BYTES; at += 4) {
    const page: usize = load<u32>(at)
    if (page == 0) continue
    const base = <u32>((at - pane - PANE_DIRECTORY) >> 2) << 12
    for (let g: u32 = 0; g < 64; g++) {
      const group = page + <usize>g * GROUP_BYTES
      if (load<u64>(group, GROUP_DIRTY) == 0) continue
      if (load<f64>(pane, PANE_END) > load<f64>(sourceOf(slab, base + (g << 6)), SOURCE_WATERMARK)) {
        left = 1
        continue
      }
      for (;;) {
        const dirty = load<u64>(group, GROUP_DIRTY)
        if (dirty == 0) break
        const id = base + (g << 6) + <u32>ctz(dirty)
        if (!writeLine(window, pane, deviceNumber(slab, id), end)) return true
      }
    }
  }
  store<u32>(pane, left, PANE_DIRTY)
  return false
}

/// Frees the slots of devices that can't correct the pane any more, and the pane when none is left; with `emit` their
/// lines are written first. Returns 1 when there was no room for all lines (take these, call again), else 0.
export function sweep(window: usize, pane: usize, watermark: f64, emit: bool, out: usize, end: usize): bool {
  const slab: usize = load<u32>(window, WINDOW_SLAB)
  const due = load<f64>(pane, PANE_END) + load<f64>(window, WINDOW_LATENESS)
  let witness: u32 = 0
  let furthest: f64 = -Infinity
  linesEnd = out
  for (let at = pane + PANE_DIRECTORY; at < pane + PAGE_BYTES; at += 4) {
    const page: usize = load<u32>(at)
    if (page == 0) continue
    const base = <u32>((at - pane - PANE_DIRECTORY) >> 2) << 12
    for (let g: u32 = 0; g < 64; g++) {
      const group = page + <usize>g * GROUP_BYTES
      let left = load<u64>(group, GROUP_USED)
      if (left == 0) continue
      while (left != 0) {
        const id = base + (g << 6) + <u32>ctz(left)
        left &= left - 1
        if (!isUsed(group, id)) continue
        const number = deviceNumber(slab, id)
        const come = lead(slab, number)
        if (come < due) {
          if (witness == 0 || come > furthest) {
            witness = number + 1
            furthest = come
          }
          continue
        }
        if (emit && !writeLine(window, pane, number, end)) return true
        freeDevice(window, pane, number)
      }
    }
  }
  if (witness != 0) {
    // One that overtakes the witness is found ever less promptly: the pane's age at least grows by an eighth.
    store<u32>(pane, witness, PANE_WITNESS)
    store<f64>(pane, watermark + Math.max(1e6, (watermark - due) * 0.125), PANE_SWEEP)
  } else closePane(window, pane)
  return false
}

function clearSlots(window: usize, handle: usize): void {
  const end = <usize>load<u32>(window, WINDOW_STATE_LIST) + <usize>load<u32>(window, WINDOW_STATES) * STATE_BYTES
  for (let state: usize = load<u32>(window, WINDOW_STATE_LIST); state < end; state += STATE_BYTES) {
    const shift = load<u32>(state, STATE_SLOT_SHIFT)
    release(load<u32>(state, STATE_KIND), slotOf(handle, load<u32>(state, STATE_PAGE), shift), <usize>1 << shift)
  }
}

/// Ends one device in a pane, whatever may still come; with `emit` its line is written first, empty where it has no rows.
export function closeDevice(window: usize, pane: usize, device: u32, emit: bool, out: usize, end: usize): bool {
  linesEnd = out
  if (emit && !writeLine(window, pane, device, end)) return true
  freeDevice(window, pane, device)
  if (load<u32>(pane, PANE_WITNESS) == device + 1) store<u32>(pane, 0, PANE_WITNESS)
  return false
}

/// Clears a device's series out of a pane.
function freeDevice(window: usize, pane: usize, device: u32): void {
  const slab: usize = load<u32>(window, WINDOW_SLAB)
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  let id = load<u32>(<usize>load<u32>(slab, SLAB_DEVICES) + <usize>device * DEVICE_BYTES, DEVICE_FIRST_SERIES)
  for (; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
    const group = findGroup(pane, id)
    if (group == 0 || !isUsed(group, id)) continue
    const keep = ~(<u64>1 << <u64>(id & 63))
    const used = load<u64>(group, GROUP_USED) & keep
    store<u64>(group, used, GROUP_USED)
    store<u64>(group, load<u64>(group, GROUP_DIRTY) & keep, GROUP_DIRTY)
    store<u64>(group, load<u64>(group, GROUP_EMITTED) & keep, GROUP_EMITTED)
    clearSlots(window, group | <usize>(id & 63))
    if (used == 0) emptyGroup(window, group)
  }
}
