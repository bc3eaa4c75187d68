// Raw rows of the firmware bridge, whose times the source has told already. Field by field, so that the rows of one are
// a run.
import { CHANNEL_LAYOUT, WHY_SYNTAX } from '../layout'
import {
  BRIDGE_DIVISOR,
  BRIDGE_FIELD_BYTES,
  BRIDGE_FIELDS,
  BRIDGE_I16,
  BRIDGE_I32,
  BRIDGE_I8,
  BRIDGE_LIST,
  BRIDGE_MULTIPLIER,
  BRIDGE_NAME,
  BRIDGE_NAME_BYTES,
  BRIDGE_OFFSET,
  BRIDGE_ROW_BYTES,
  BRIDGE_TYPE,
  BRIDGE_U16,
  BRIDGE_U32,
  BRIDGE_U8,
  ROWS_HEAD_BYTES,
  ROWS_STEP,
  ROWS_TIME,
} from './bridge-layout'
import { beginRow, channel, element, filtered, invalid, openSeriesNamed } from './output'

let startUs: f64 = 0
let stepUs: f64 = 0
let rateHz: f64 = 0
let rows: u32 = 0
let rowBytes: usize = 0
let offset: f64 = 0
let multiplier: f64 = 0
let divisor: f64 = 0

/// Reads head and rows. 0 = they were read, else why they are undecodable.
export function bridgeRows(start: usize, end: usize): u32 {
  const layout = <usize>load<u32>(channel, CHANNEL_LAYOUT)
  if (!layout || end - start <= ROWS_HEAD_BYTES) return WHY_SYNTAX
  rowBytes = load<u32>(layout, BRIDGE_ROW_BYTES)
  const bytes = end - start - ROWS_HEAD_BYTES
  if (bytes % rowBytes) return WHY_SYNTAX
  rows = <u32>(bytes / rowBytes)
  startUs = load<f64>(start, ROWS_TIME)
  stepUs = load<f64>(start, ROWS_STEP)
  if (rows > 1 && !(stepUs > 0)) return WHY_SYNTAX
  rateHz = rows > 1 ? 1e6 / stepUs : 0
  beginRow()
  let p = start + ROWS_HEAD_BYTES
  let field = layout + BRIDGE_LIST
  for (let left = load<u32>(layout, BRIDGE_FIELDS); left; left--, field += BRIDGE_FIELD_BYTES) {
    if (!openSeriesNamed(load<u32>(field, BRIDGE_NAME), load<u32>(field, BRIDGE_NAME_BYTES))) return 0
    offset = load<f64>(field, BRIDGE_OFFSET)
    multiplier = load<f64>(field, BRIDGE_MULTIPLIER)
    divisor = load<f64>(field, BRIDGE_DIVISOR)
    const bytes = column(load<u32>(field, BRIDGE_TYPE), p)
    if (!bytes) return 0
    p += bytes
  }
  return 0
}

// Bytes of one value; 0: stop now.
function column(type: u32, p: usize): usize {
  if (type == BRIDGE_U8) return read<u8>(p)
  if (type == BRIDGE_I8) return read<i8>(p)
  if (type == BRIDGE_U16) return read<u16>(p)
  if (type == BRIDGE_I16) return read<i16>(p)
  if (type == BRIDGE_U32) return read<u32>(p)
  if (type == BRIDGE_I32) return read<i32>(p)
  return read<f32>(p)
}

function read<T>(p: usize): usize {
  for (let i: u32 = 0; i < rows; i++, p += rowBytes) {
    const value = ((<f64>load<T>(p) + offset) * multiplier) / divisor
    if (isFinite(value)) {
      if (!element(startUs + <f64>i * stepUs, value, rateHz)) return 0
    } else if (isNaN(value)) filtered()
    else invalid()
  }
  return sizeof<T>()
}
