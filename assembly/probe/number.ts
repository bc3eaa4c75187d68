// Entry of a module that only tests compile: reads many numbers a call.
import { numberEnd, parseLooseNumber, parseNumber } from '../decode/number'

export { setConstants } from '../decode/number'

/// `list`: u32 pairs of address and end; `out`: an f64 and a u32 (end of the number, 0 = none) in 16 bytes each.
export function parseNumbers(list: usize, length: u32, out: usize, loose: bool): void {
  for (let i: u32 = 0; i < length; i++) {
    const p = <usize>load<u32>(list)
    const end = <usize>load<u32>(list, 4)
    store<f64>(out, loose ? parseLooseNumber(p, end) : parseNumber(p, end))
    store<u32>(out, <u32>numberEnd, 8)
    list += 8
    out += 16
  }
}
