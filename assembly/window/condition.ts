// Conditioning: raw values become true ones, and what the configuration leaves out is marked, before any window sees a row.
import {
  CALIBRATION_CLIP,
  CALIBRATION_OFFSET,
  CALIBRATION_POINTS,
  CALIBRATION_SCALE,
  CALIBRATION_TABLE,
  COLUMNS_FATE,
  COLUMNS_ROWS,
  COLUMNS_SERIES,
  COLUMNS_TIME,
  COLUMNS_VALUE,
  CONDITION_BYTES,
  CONDITION_CALIBRATION,
  CONDITION_DEADBAND,
  CONDITION_LAST,
  CONDITION_LAST_TIME,
  CONDITION_VALID,
  FATE_FILTERED,
  FATE_INVALID,
  POINT_BYTES,
} from '../layout'

/// Calibrates the value of every row, then marks the admitted ones that are no finite number any more, lie outside their
/// range, or differ too little from the last one kept. `conditions` are the series' records, by number.
export function condition(columns: usize, conditions: usize): void {
  const rows = load<u32>(columns, COLUMNS_ROWS)
  const series: usize = load<u32>(columns, COLUMNS_SERIES)
  const times: usize = load<u32>(columns, COLUMNS_TIME)
  const values: usize = load<u32>(columns, COLUMNS_VALUE)
  const fates: usize = load<u32>(columns, COLUMNS_FATE)
  for (let i: u32 = 0; i < rows; i++) {
    const record = conditions + <usize>load<u32>(series + (<usize>i << 2)) * CONDITION_BYTES
    const calibration: usize = load<u32>(record, CONDITION_CALIBRATION)
    const range: usize = load<u32>(record, CONDITION_VALID)
    const deadband: usize = load<u32>(record, CONDITION_DEADBAND)
    if ((calibration | range | deadband) == 0) continue
    const at = values + (<usize>i << 3)
    let value = load<f64>(at)
    if (calibration != 0) {
      const points = load<u32>(calibration, CALIBRATION_POINTS)
      value =
        points == 0
          ? value * load<f64>(calibration, CALIBRATION_SCALE) + load<f64>(calibration, CALIBRATION_OFFSET)
          : interpolated(calibration, points, value)
      store<f64>(at, value)
    }
    if (load<u8>(fates + i) != 0) continue
    if (value - value != 0) store<u8>(fates + i, FATE_INVALID)
    else if (range != 0 && !(value >= load<f64>(range) && value <= load<f64>(range, 8))) store<u8>(fates + i, FATE_FILTERED)
    else if (deadband != 0 && !keeps(deadband, record, value, load<f64>(times + (<usize>i << 3))))
      store<u8>(fates + i, FATE_FILTERED)
  }
}

function interpolated(calibration: usize, points: u32, raw: f64): f64 {
  // The last point at or before `raw`; the first, where it lies before all of them.
  const table = calibration + CALIBRATION_TABLE
  let low: u32 = 0
  for (let high = points; high - low > 1; ) {
    const middle = (low + high) >>> 1
    if (load<f64>(table + <usize>middle * POINT_BYTES) <= raw) low = middle
    else high = middle
  }
  const point = table + <usize>low * POINT_BYTES
  const past = raw - load<f64>(point)
  const outside = past < 0 || low == points - 1
  // At a point its value comes out exactly.
  if (past == 0 || (outside && load<u32>(calibration, CALIBRATION_CLIP) != 0)) return load<f64>(point, 8)
  const piece = low == points - 1 ? point - POINT_BYTES : point
  const slope = (load<f64>(piece, 24) - load<f64>(piece, 8)) / (load<f64>(piece, 16) - load<f64>(piece))
  return load<f64>(point, 8) + past * slope
}

/// Whether the deadband lets a value through, which is then the last one kept. A time far before the last one kept is as far
/// from it as one far behind: a clock that was set back would else silence the series.
@inline function keeps(deadband: usize, record: usize, value: f64, time: f64): bool {
  const near = Math.abs(value - load<f64>(record, CONDITION_LAST)) < load<f64>(deadband)
  if (near && Math.abs(time - load<f64>(record, CONDITION_LAST_TIME)) < load<f64>(deadband, 8)) return false
  store<f64>(record, value, CONDITION_LAST)
  store<f64>(record, time, CONDITION_LAST_TIME)
  return true
}
