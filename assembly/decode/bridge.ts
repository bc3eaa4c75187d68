// Raw rows of a device that speaks the bridge: value = (raw + offset) × multiplier ÷ divisor. Field by field, so that each
// field's rows are one run.
import { CHANNEL_LAYOUT, WHY_SYNTAX } from '../layout'
import {
  BRIDGE_HEAD_BYTES,
  BRIDGE_STEP,
  BRIDGE_TIME,
  LAYOUT_FIELDS,
  LAYOUT_LIST,
  LAYOUT_ROW_BYTES,
  RAW_AT,
  RAW_BYTES,
  RAW_DIVISOR,
  RAW_MULTIPLIER,
  RAW_NAME,
  RAW_NAME_BYTES,
  RAW_OFFSET,
  RAW_TYPE,
} from './bridge-layout'
import { beginRow, channel, element, endRun, filtered, invalid, openNamedSeries } from './output'

/// Reads a frame. 0 = it was read, else why not.
export function bridgePayload(start: usize, end: usize): u32 {
  const layout: usize = load<u32>(channel, CHANNEL_LAYOUT)
  if (!layout || end - start <= BRIDGE_HEAD_BYTES) return WHY_SYNTAX
  const rowBytes: usize = load<u32>(layout, LAYOUT_ROW_BYTES)
  const rows = start + BRIDGE_HEAD_BYTES
  if ((end - rows) % rowBytes) return WHY_SYNTAX
  const time = load<f64>(start, BRIDGE_TIME)
  const step = load<f64>(start, BRIDGE_STEP)
  const rateHz = step > 0 ? 1e6 / step : 0
  beginRow()
  const listEnd = layout + LAYOUT_LIST + load<u32>(layout, LAYOUT_FIELDS) * RAW_BYTES
  for (let field = layout + LAYOUT_LIST; field < listEnd; field += RAW_BYTES) {
    if (!openNamedSeries(load<u32>(field, RAW_NAME), load<u32>(field, RAW_NAME_BYTES))) return 0
    const type = load<u32>(field, RAW_TYPE)
    const offset = load<f64>(field, RAW_OFFSET)
    const multiplier = load<f64>(field, RAW_MULTIPLIER)
    const divisor = load<f64>(field, RAW_DIVISOR)
    let row: f64 = 0
    for (let at = rows + load<u32>(field, RAW_AT); at < end; at += rowBytes, row++) {
      const value = ((raw(type, at) + offset) * multiplier) / divisor
      if (value - value == 0) {
        if (!element(rateHz > 0 ? time + (row * 1e6) / rateHz : Math.floor(time), value, rateHz)) return 0
      } else {
        endRun()
        if (value != value) filtered()
        else invalid()
      }
    }
  }
  return 0
}

@inline function raw(type: u32, at: usize): f64 {
  switch (type) {
    case 1: return <f64>load<u8>(at)
    case 2: return <f64>load<i8>(at)
    case 3: return <f64>load<u16>(at)
    case 4: return <f64>load<i16>(at)
    case 5: return <f64>load<u32>(at)
    case 6: return <f64>load<i32>(at)
    default: return <f64>load<f32>(at)
  }
}
