// Closing: the lines of panes that are due, and the end of those that nothing can correct any more.
import {
  DEVICE_FIRST_SERIES,
  DEVICE_HIGH,
  DEVICE_SOURCE,
  GROUP_BYTES,
  GROUP_DIRTY,
  GROUP_EMITTED,
  GROUP_USED,
  NONE,
  PAGE_BYTES,
  PANES_DUE,
  PANES_SWEEP,
  PANE_BUCKETS,
  PANE_DIRECTORY,
  PANE_DIRTY,
  PANE_END,
  PANE_NEXT,
  PANE_START,
  PANE_SWEEP,
  PANE_WITNESS,
  SERIES_BYTES,
  SERIES_NEXT,
  SLAB_GROUP_SOURCE,
  SLAB_SERIES,
  SOURCE_WAIT,
  SOURCE_WATERMARK,
  WINDOW_CARRY,
  WINDOW_LATENESS,
  WINDOW_MEMBERS,
  WINDOW_PANES,
} from '../layout'
import { deviceNumber, deviceRecord } from './admit'
import { freeDevice } from './free'
import { addSeries, beginLine, endLine, openLines } from './line'
import { closePane, findGroup, handleOf, isUsed } from './pane'
import { slab } from './slab'

/// How far a device's time has come: what ends (lateness included) here or before is final for it. Infinity once its source is over.
export function lead(number: u32): f64 {
  const device = deviceRecord(slab, number)
  const source: usize = load<u32>(device, DEVICE_SOURCE)
  if (load<f64>(source, SOURCE_WATERMARK) == Infinity) return Infinity
  return load<f64>(device, DEVICE_HIGH) - load<f64>(source, SOURCE_WAIT)
}

/// Writes the addresses of panes to `out`; returns how many, at most `room`.
export function listPanes(window: usize, which: u32, watermark: f64, out: usize, room: u32): u32 {
  const buckets: usize = load<u32>(window, WINDOW_PANES)
  const lateness = load<f64>(window, WINDOW_LATENESS)
  const carries = load<u32>(window, WINDOW_CARRY) != 0
  let n: u32 = 0
  for (let at = buckets; at < buckets + (PANE_BUCKETS << 2); at += 4) {
    for (let pane: usize = load<u32>(at); pane != 0; pane = load<u32>(pane, PANE_NEXT)) {
      const end = load<f64>(pane, PANE_END)
      if (which == PANES_DUE && (end > watermark || !load<u32>(pane, PANE_DIRTY))) continue
      if (which == PANES_SWEEP) {
        if (end + lateness > watermark) continue
        const witness = load<u32>(pane, PANE_WITNESS)
        // Where panes carry on what they end with, no device may leave a later one before an earlier one.
        if (!carries && load<f64>(pane, PANE_SWEEP) > watermark && witness != 0 && lead(witness - 1) < end + lateness) continue
      }
      if (n == room) return n
      store<u32>(out + (<usize>n << 2), <u32>pane)
      n++
    }
  }
  return n
}

/// Writes one device's line of a pane; false when it has no room. Its series count as emitted from then on.
function writeLine(window: usize, pane: usize, device: u32): bool {
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  const members: usize = load<u32>(window, WINDOW_MEMBERS)
  const first = load<u32>(deviceRecord(slab, device), DEVICE_FIRST_SERIES)
  const start = load<f64>(pane, PANE_START)
  const end = load<f64>(pane, PANE_END)
  if (!beginLine()) return false
  let correction = false
  for (let id = first; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
    if (load<u8>(members + id) == 0) continue
    const handle = handleOf(pane, id)
    if (handle == 0) continue
    if (!addSeries(window, pane, id, handle, start, end)) return false
    if (load<u64>(handle & ~63, GROUP_EMITTED) & (<u64>1 << <u64>(id & 63))) correction = true
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
  endLine(device, start, end, correction)
  return true
}

@inline export function sourceOf(series: u32): usize {
  return load<u32>(<usize>load<u32>(slab, SLAB_GROUP_SOURCE) + (<usize>(series >> 6) << 2))
}

/// Writes a line for each device whose series changed and whose source's watermark has passed the pane's end.
/// Returns true when there was no room for all: take these, call again.
export function collect(window: usize, pane: usize, out: usize, end: usize): bool {
  openLines(out, end)
  let left: u32 = 0
  for (let at = pane + PANE_DIRECTORY; at < pane + PAGE_BYTES; at += 4) {
    const page: usize = load<u32>(at)
    if (page == 0) continue
    const base = <u32>((at - pane - PANE_DIRECTORY) >> 2) << 12
    for (let g: u32 = 0; g < 64; g++) {
      const group = page + <usize>g * GROUP_BYTES
      if (load<u64>(group, GROUP_DIRTY) == 0) continue
      if (load<f64>(pane, PANE_END) > load<f64>(sourceOf(base + (g << 6)), SOURCE_WATERMARK)) {
        left = 1
        continue
      }
      for (;;) {
        const dirty = load<u64>(group, GROUP_DIRTY)
        if (dirty == 0) break
        const id = base + (g << 6) + <u32>ctz(dirty)
        if (!writeLine(window, pane, deviceNumber(slab, id))) return true
      }
    }
  }
  store<u32>(pane, left, PANE_DIRTY)
  return false
}

/// Frees the slots of devices that can't correct the pane any more, and the pane when none is left; with `emit` their
/// lines are written first. Returns 1 when there was no room for all lines (take these, call again), else 0.
export function sweep(window: usize, pane: usize, watermark: f64, emit: bool, out: usize, end: usize): bool {
  const due = load<f64>(pane, PANE_END) + load<f64>(window, WINDOW_LATENESS)
  let witness: u32 = 0
  let furthest: f64 = -Infinity
  openLines(out, end)
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
        const come = lead(number)
        if (come < due) {
          if (witness == 0 || come > furthest) {
            witness = number + 1
            furthest = come
          }
          continue
        }
        if (emit && !writeLine(window, pane, number)) return true
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

/// Ends one device in a pane, whatever may still come; with `emit` its line is written first, empty where it has no rows.
export function closeDevice(window: usize, pane: usize, device: u32, emit: bool, out: usize, end: usize): bool {
  openLines(out, end)
  if (emit && !writeLine(window, pane, device)) return true
  freeDevice(window, pane, device)
  if (load<u32>(pane, PANE_WITNESS) == device + 1) store<u32>(pane, 0, PANE_WITNESS)
  return false
}
