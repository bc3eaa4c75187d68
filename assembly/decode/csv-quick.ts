// The plainest of lines, which most are: every wanted cell a number without blanks or quotes, a time of so many digits as
// times have, on a channel whose series are all known. It goes into the columns in one piece. Whatever is not so is left
// to the common way (`csv.ts`) from the line's start.
import { CHANNEL_LAYOUT, PROGRAM_OWN, PROGRAM_TIME_UNIT, TIME_ARRIVAL } from '../layout'
import { find } from './csv'
import {
  COLUMN_BYTES,
  COLUMN_FIELD,
  COLUMN_INDEX,
  COLUMN_KIND,
  COLUMN_TIME,
  CSV_COMMENT,
  CSV_DELIMITER,
  CSV_LAYOUT,
  LAYOUT_COLUMNS,
  LAYOUT_LIST,
  LAYOUT_QUICK,
} from './csv-layout'
import { notDigits, numberEnd, parseLooseNumber, pointed } from './number'
import { appendQuick, arrival, channel, program, quickSamples, seriesList } from './output'
import { wholeTime } from './time'

/// Most samples that are put together; lines with more go the common way.
const MOST_SAMPLES: u32 = 1024

/// Reads a line into rows; how many, or 0: it was not read, and nothing has changed.
export function csvQuick(p: usize, end: usize): u32 {
  const own: usize = load<u32>(program, PROGRAM_OWN)
  const common: usize = load<u32>(own, CSV_LAYOUT)
  const layout = common ? common : <usize>load<u32>(channel, CHANNEL_LAYOUT)
  if (!layout || !load<u32>(layout, LAYOUT_QUICK) || !seriesList) return 0
  const columns = load<u32>(layout, LAYOUT_COLUMNS)
  if (p >= end || columns > MOST_SAMPLES || <u32>load<u8>(p) == load<u32>(own, CSV_COMMENT)) return 0
  const delimiter = load<u32>(own, CSV_DELIMITER)
  const start = quickSamples()
  let to = start
  let timeUs: f64 = load<u32>(program, PROGRAM_TIME_UNIT) == TIME_ARRIVAL ? arrival : NaN
  let column = layout + LAYOUT_LIST
  const columnsEnd = column + <usize>columns * COLUMN_BYTES
  while (true) {
    const kind = load<u32>(column, COLUMN_KIND)
    if (kind == COLUMN_FIELD) {
      store<u32>(to, load<u32>(column, COLUMN_INDEX))
      // As `parseLooseNumber` begins, but that the end stays in a register: every cell waits for the one before it.
      const signed = <usize>(load<u8>(p) == 45)
      const x = load<u64>(p + signed) ^ 0x3030303030303030
      const others = notDigits(x)
      const second = others & (others - 1)
      const whole = ctz(others) & ~7
      const all = ctz(second) & ~7
      const stop = p + signed + <usize>(all >> 3)
      const isPlain = second != 0 && whole != 0 && (x >> whole & 0xff) == 0x1e && all > whole + 8 && stop <= end
      if (isPlain && (x >> all & 0xff | 0x20) != 0x75) {
        store<u64>(to, reinterpret<u64>(pointed(x, whole, all)) | (<u64>signed << 63), 8)
        p = stop
      } else {
        const value = parseLooseNumber(p, end)
        p = numberEnd
        if (!p || !isFinite(value)) return 0
        store<f64>(to, value, 8)
      }
      to += 16
    } else if (kind == COLUMN_TIME) {
      const us = wholeTime(program, p, end)
      if (!us) return 0
      p = numberEnd
      timeUs = <f64>us
    } else {
      const first = <u32>load<u8>(p)
      if (first == 34 || first == 32 || first == 9) return 0
      p = find(p, end, delimiter)
    }
    column += COLUMN_BYTES
    if (column == columnsEnd) {
      if (p != end && <u32>load<u8>(p) != delimiter) return 0
      break
    }
    if (p >= end || <u32>load<u8>(p) != delimiter) return 0
    p++
  }
  return to == start || isNaN(timeUs) ? 0 : appendQuick(to, timeUs)
}
