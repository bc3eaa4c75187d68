// What the signal kernels keep in the view's `tables` (rows/view.ts): twiddle factors, made once, and spectra of the view
// (spectrum.ts). W(n)[k] = e^(-2πik/n) for k < n/2, a table for each power of two n from 4 on; complex numbers lie in
// pairs, both real parts before both imaginary ones, as everywhere in fft.ts.
import { cosTurns, sinTurns } from '../maths/turns'
import { tables } from '../rows/view'

/// Real values in the longest transform.
export const FFT_LONGEST: u32 = 4096
/// ... and in the shortest.
export const FFT_SHORTEST: u32 = 32

const MADE: usize = 0 // u32: the longest W there is
const TWIDDLES: usize = 64
/// Behind the twiddles.
export const TABLES_FREE: usize = TWIDDLES + 16 * <usize>FFT_LONGEST

/// Address of W(n), which takes 8 n bytes: the shorter ones fill the 8 n before it.
// @ts-ignore: decorator
@inline
export function twiddles(n: u32): usize {
  return tables + TWIDDLES + (<usize>n << 3)
}

/// Makes every W(n) up to this n.
export function makeTwiddles(longest: u32): void {
  const made = load<u32>(tables, MADE)
  for (let n: u32 = made ? made << 1 : 4; n <= longest; n <<= 1) {
    const step = 1 / <f64>n
    for (let k: u32 = 0; k < n >> 1; k++) {
      const at = twiddles(n) + (<usize>(k >> 1) << 5) + (<usize>(k & 1) << 3)
      store<f64>(at, cosTurns(<f64>k * step))
      store<f64>(at, -sinTurns(<f64>k * step), 16)
    }
    store<u32>(tables, n, MADE)
  }
}
