// Entry of a module that only tests compile: the codecs whose payload is a line or a number, before `probe/output.ts`.

import { csvLine } from '../decode/csv'
import { clearProbe } from '../decode/output'

export { csvLine, csvNeedsHeader } from '../decode/csv'
export { setConstants } from '../decode/number'
export { numberPayload } from '../decode/number-codec'
export { clearProbe, openProbe, probeWords } from '../decode/output'

/// Reads lines that end in a line feed; how many could not be read.
export function csvLines(start: usize, end: usize): u32 {
  let bad: u32 = 0
  while (start < end) {
    let stop = start
    while (load<u8>(stop) != 10) stop++
    clearProbe()
    bad += <u32>(csvLine(start, stop) != 0)
    start = stop + 1
  }
  return bad
}
