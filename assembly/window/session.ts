// Session windows: for each device, which of its rows belong together. A session is a lane of its device; a row between two
// of them makes them one. It is over once its device's own time, or the clock where the device is silent, has passed its
// last row by the gap and the lateness.
import {
  DEVICE_FIRST_SERIES,
  NONE,
  SERIES_BYTES,
  SERIES_NEXT,
  SESSION_LANES,
  SESSION_TIMES,
  SLAB_SERIES,
  STATE_BYTES,
  STATE_KIND,
  WINDOW_LANES,
  WINDOW_LATENESS,
  WINDOW_MARKS,
  WINDOW_MARK_BYTES,
  WINDOW_SIZE,
  WINDOW_STATES,
  WINDOW_STATE_LIST,
} from '../layout'
import { moveRows } from '../rows/store'
import { merge, ROWS } from '../state/index'
import { deviceRecord } from './admit'
import { freeDevice } from './free'
import { handleOf, laneOf, stateSlot } from './pane'
import { JOIN, NO_LANE, TOO_LATE, touch } from './route'
import { slab } from './slab'

@inline export function marksOf(window: usize, number: u32): usize {
  return <usize>load<u32>(window, WINDOW_MARKS) + <usize>number * <usize>load<u32>(window, WINDOW_MARK_BYTES)
}

// The two sessions of a device that wait to become one.
let joins: bool = false
let joiningDevice: u32 = 0
let first: u32 = 0
let second: u32 = 0

/// The device whose lanes are all taken, and the time by which some of its sessions are over.
export let overDevice: u32 = 0
export let overBy: f64 = 0

/// The lane for a row of a device; or TOO_LATE, NO_LANE, or JOIN: `joinLanes` has to be called first.
export function sessionLane(window: usize, device: u32, time: f64, horizon: f64): u32 {
  const mark = marksOf(window, device)
  const gap = load<f64>(window, WINDOW_SIZE)
  const lateness = load<f64>(window, WINDOW_LATENESS)
  const used = load<u32>(mark, SESSION_LANES)
  let found: u32 = NO_LANE
  let someOver = false
  for (let left = used; left != 0; left &= left - 1) {
    const lane = <u32>ctz(left)
    const times = mark + SESSION_TIMES + (<usize>lane << 4)
    // Over by the data alone, though it is written only at the batch's edge.
    if (load<f64>(times, 8) + gap + lateness <= horizon) {
      someOver = true
      continue
    }
    if (time <= load<f64>(times) - gap || time >= load<f64>(times, 8) + gap) continue
    if (found != NO_LANE) {
      joins = true
      joiningDevice = device
      first = found
      second = lane
      return JOIN
    }
    found = lane
  }
  if (found != NO_LANE) {
    const times = mark + SESSION_TIMES + (<usize>found << 4)
    if (time < load<f64>(times)) store<f64>(times, time)
    if (time > load<f64>(times, 8)) store<f64>(times, time, 8)
    return found
  }
  if (time + gap + lateness <= horizon) return TOO_LATE
  const lane = <u32>ctz(~used)
  if (lane >= load<u32>(window, WINDOW_LANES)) {
    if (!someOver) return NO_LANE
    joins = false
    overDevice = device
    overBy = horizon
    return JOIN
  }
  store<u32>(mark, used | (1 << lane), SESSION_LANES)
  const times = mark + SESSION_TIMES + (<usize>lane << 4)
  store<f64>(times, time)
  store<f64>(times, time, 8)
  return lane
}

/// Makes the two sessions one that `sessionLane` found a row between. All rows routed before must have been reduced.
/// False: there is none; all lanes are taken, and `collectOver` has to be called instead.
export function joinLanes(window: usize): bool {
  if (!joins) return false
  const into = laneOf(window, first)
  const from = laneOf(window, second)
  const seriesList: usize = load<u32>(slab, SLAB_SERIES)
  let id = load<u32>(deviceRecord(slab, joiningDevice), DEVICE_FIRST_SERIES)
  for (; id != NONE; id = load<u32>(seriesList + <usize>id * SERIES_BYTES, SERIES_NEXT)) {
    const handle = handleOf(from, id)
    const target: usize = handle == 0 ? 0 : touch(window, into, id)
    if (target != 0) mergeSlots(window, target, handle)
  }
  freeDevice(window, from, joiningDevice)
  const mark = marksOf(window, joiningDevice)
  const a = mark + SESSION_TIMES + (<usize>first << 4)
  const b = mark + SESSION_TIMES + (<usize>second << 4)
  if (load<f64>(b) < load<f64>(a)) store<f64>(a, load<f64>(b))
  if (load<f64>(b, 8) > load<f64>(a, 8)) store<f64>(a, load<f64>(b, 8), 8)
  store<u32>(mark, load<u32>(mark, SESSION_LANES) & ~(1 << second), SESSION_LANES)
  return true
}

function mergeSlots(window: usize, into: usize, from: usize): void {
  const end = <usize>load<u32>(window, WINDOW_STATE_LIST) + <usize>load<u32>(window, WINDOW_STATES) * STATE_BYTES
  for (let state: usize = load<u32>(window, WINDOW_STATE_LIST); state < end; state += STATE_BYTES) {
    const kind = load<u32>(state, STATE_KIND)
    if (kind == ROWS) moveRows(stateSlot(into, state), stateSlot(from, state))
    else merge(kind, stateSlot(into, state), stateSlot(from, state))
  }
}
