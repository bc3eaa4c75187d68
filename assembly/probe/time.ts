// Entry of a module that only tests compile: reads many times a call.
import { numberTime, parseTimeText, timeWhy } from '../decode/time'

export { setConstants } from '../decode/number'

/// `list`: u32 pairs of address and end; `out`: an f64 and a u32 (why it is none, else 0) in 16 bytes each.
export function parseTimes(program: usize, list: usize, length: u32, out: usize, text: bool): void {
  for (let i: u32 = 0; i < length; i++) {
    const p = <usize>load<u32>(list)
    const end = <usize>load<u32>(list, 4)
    const time = text ? parseTimeText(program, p, end) : numberTime(program, p, end)
    store<f64>(out, time)
    store<u32>(out, isNaN(time) ? timeWhy : 0, 8)
    list += 8
    out += 16
  }
}
