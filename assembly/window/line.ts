// One device's line of a window: for each of its series, what the kernels read from the states and rows.
import {
  DEVICE_SOURCE,
  LINE_BYTES,
  LINE_CORRECTION,
  LINE_DEVICE,
  LINE_END,
  LINE_SERIES,
  LINE_START,
  LIST_BYTES,
  LIST_LENGTH,
  LIST_REDUCTIONS,
  REDUCTION_ARGUMENTS,
  REDUCTION_BYTES,
  REDUCTION_DETREND,
  REDUCTION_FLAGS,
  REDUCTION_KERNEL,
  REDUCTION_ROWS,
  REDUCTION_STATE,
  SLOT_MAX_BYTES,
  SOURCE_EXPECT,
  STATE_BYTES,
  STATE_KIND,
  WINDOW_CARRY,
  WINDOW_DETREND,
  WINDOW_DETREND_HZ,
  WINDOW_EXPECT,
  WINDOW_HOLD,
  WINDOW_LINEAR,
  WINDOW_LISTS,
  WINDOW_MEMBERS,
  WINDOW_SCRATCH,
  WINDOW_STATE_LIST,
} from '../layout'
import { detrended } from '../rows/detrend'
import { gather } from '../rows/gather'
import { count, ownSlot, setAfter, setBefore, setPane, setRules, times } from '../rows/view'
import { addRun } from '../state/index'
import { deviceOf } from './admit'
import { findAhead, isAhead } from './ahead'
import { call } from './call'
import { viewEdges } from './edges'
import { rowsSlot, stateSlot } from './pane'
import { slab } from './slab'

/// Address behind the last whole line.
export let linesEnd: usize = 0
let out: usize = 0
let limit: usize = 0
let length: u32 = 0

/// The lines that follow go to [start, end).
export function openLines(start: usize, end: usize): void {
  linesEnd = start
  limit = end
}

/// A line begins. Whoever finds no room in it leaves it: it is not there until `endLine`.
export function beginLine(): bool {
  out = linesEnd + LINE_BYTES
  length = 0
  return out <= limit
}

/// Room for a series' values in the line: their address, 0 = none.
export function beginSeries(window: usize, id: u32): usize {
  const list = listOf(window, id)
  const n = load<u32>(list, LIST_LENGTH)
  if (out + 8 + (<usize>n << 3) > limit) return 0
  store<u32>(out, id)
  store<u32>(out, <u32>((list - <usize>load<u32>(window, WINDOW_LISTS)) / LIST_BYTES), 4)
  const values = out + 8
  out = values + (<usize>n << 3)
  length++
  return values
}

/// The LIST of reductions of a series that the window takes.
@inline export function listOf(window: usize, id: u32): usize {
  const member = load<u8>(<usize>load<u32>(window, WINDOW_MEMBERS) + id)
  return <usize>load<u32>(window, WINDOW_LISTS) + <usize>(member - 1) * LIST_BYTES
}

/// The line is complete; one without a series is none.
export function endLine(device: u32, start: f64, end: f64, correction: bool): void {
  if (length == 0) return
  const line = linesEnd
  store<u32>(line, device, LINE_DEVICE)
  store<u32>(line, length, LINE_SERIES)
  store<u32>(line, correction ? 1 : 0, LINE_CORRECTION)
  store<f64>(line, start, LINE_START)
  store<f64>(line, end, LINE_END)
  linesEnd = out
}

/// How often a series should speak, as the window or else its source says, µs; 0 = not told.
export function expectOf(window: usize, id: u32): f64 {
  const expect = load<f64>(window, WINDOW_EXPECT)
  return expect > 0 ? expect : load<f64>(load<u32>(deviceOf(slab, id), DEVICE_SOURCE), SOURCE_EXPECT)
}

/// Puts the rows of a series into view, with what lies around them where the window carries.
export function viewRows(window: usize, pane: usize, id: u32, handle: usize, start: f64, end: f64): void {
  viewSlot(window, id, rowsSlot(window, handle), start, end)
  if (load<u32>(window, WINDOW_CARRY) != 0) viewEdges(window, pane, id)
}

/// Puts the rows of a slot into view, or none where it is 0, with nothing around them.
export function viewSlot(window: usize, id: u32, slot: usize, start: f64, end: f64): void {
  gather(window, slot)
  setPane(start, end)
  setRules(
    load<f64>(window, WINDOW_HOLD),
    load<u32>(window, WINDOW_LINEAR) != 0,
    expectOf(window, id),
    load<u32>(window, WINDOW_DETREND),
    load<f64>(window, WINDOW_DETREND_HZ),
  )
  setBefore(NaN, NaN)
  setAfter(NaN, NaN)
}

/// Adds a series of a pane to the line: a value for each of its reductions. False: no room.
export function addSeries(window: usize, pane: usize, id: u32, handle: usize, start: f64, end: f64): bool {
  const list = listOf(window, id)
  let value = beginSeries(window, id)
  if (value == 0) return false
  const states: usize = load<u32>(window, WINDOW_STATE_LIST)
  const first: usize = load<u32>(list, LIST_REDUCTIONS)
  const last = first + <usize>load<u32>(list, LIST_LENGTH) * REDUCTION_BYTES
  let inView = false
  const ahead = findAhead(window, handle, start)
  const values = value
  for (let reduction = first; reduction < last; reduction += REDUCTION_BYTES) {
    const flags = load<u32>(reduction, REDUCTION_FLAGS)
    const state = states + <usize>load<u32>(reduction, REDUCTION_STATE) * STATE_BYTES
    if (ahead != 0 && isAhead(flags, state)) {
      store<f64>(value, load<f64>(ahead + (value - values)))
      value += 8
      continue
    }
    if (flags & (REDUCTION_ROWS | REDUCTION_DETREND) && !inView) {
      viewRows(window, pane, id, handle, start, end)
      inView = true
    }
    let slot: usize = 0
    if (flags & REDUCTION_DETREND) slot = detrendedSlot(window, load<u32>(state, STATE_KIND))
    else if (!(flags & REDUCTION_ROWS)) slot = stateSlot(handle, state)
    store<f64>(value, call(load<u32>(reduction, REDUCTION_KERNEL), slot, load<u32>(reduction, REDUCTION_ARGUMENTS)))
    value += 8
  }
  return true
}

/// A state of the detrended values in view.
export function detrendedSlot(window: usize, kind: u32): usize {
  const slot: usize = ownSlot != 0 ? ownSlot : load<u32>(window, WINDOW_SCRATCH)
  memory.fill(slot, 0, SLOT_MAX_BYTES)
  const values = detrended()
  if (values != 0) addRun(kind, slot, times, values, count, 0)
  return slot
}
