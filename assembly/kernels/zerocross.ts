import { beginDetrend, detrendBlock } from '../rows/detrend'
import { count, DETREND_MEAN, scratch } from '../rows/view'

const BLOCK: u32 = 1024

/// Whether a value was negative that was not zero; until there was one, none may count.
let known: bool = false
let negative: i32 = 0

/// How often the detrended values change their sign; a zero keeps the sign before it. NaN without values, or where
/// detrending overflows.
export function finish(slot: usize, args: usize): f64 {
  if (!count || !beginDetrend(DETREND_MEAN)) return NaN
  known = false
  negative = 0
  let crossings: i32 = 0
  for (let first: u32 = 0; first < count; first += BLOCK) {
    const rows = min<u32>(BLOCK, count - first)
    detrendBlock(first, rows, scratch)
    let at = scratch
    const end = at + (<usize>rows << 3)
    // 0 times what is no finite number is NaN, and stays so in a sum.
    let check = f64x2.splat(0)
    const zero = f64x2.splat(0)
    for (; at + 16 <= end; at += 16) {
      const pair = v128.load(at)
      check = f64x2.add(check, f64x2.mul(pair, zero))
      if (!known || v128.any_true(f64x2.eq(pair, zero))) {
        crossings += crossing(load<f64>(at)) + crossing(load<f64>(at, 8))
        continue
      }
      const signs = i64x2.bitmask(pair)
      crossings += popcnt((signs ^ ((signs << 1) | negative)) & 3)
      negative = signs >> 1
    }
    let sum = f64x2.extract_lane(check, 0) + f64x2.extract_lane(check, 1)
    if (at < end) {
      crossings += crossing(load<f64>(at))
      sum += load<f64>(at) * 0
    }
    if (sum != 0) return NaN
  }
  return <f64>crossings
}

/// 1 where the value has another sign than the one before.
function crossing(value: f64): i32 {
  if (value == 0) return 0
  const sign = <i32>(value < 0)
  const crossed = known ? sign ^ negative : 0
  known = true
  negative = sign
  return crossed
}
