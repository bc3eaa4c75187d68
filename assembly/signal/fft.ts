// The transform of real values: n of them as n/2 complex ones through Stockham's passes (sorted at the end without a
// pass of its own; Swarztrauber, Parallel Computing 1 (1984)) of radix 4 and a last one of 4 or 8, then taken apart.
// Between passes complex numbers lie in pairs (re re im im), so that two butterflies run in each vector without shuffles.
import { makeTwiddles, twiddles } from './twiddles'

const ROOT_HALF: f64 = 0.7071067811865476

/// Spectrum of `n` real values at `data`, n a power of two from FFT_SHORTEST to FFT_LONGEST. Bins 0 to n/2 - 1 lie in
/// pairs at the address returned, `data` or `work` (8 n bytes each, 16-aligned, both overwritten); bin n/2, which is real
/// as bin 0 is, takes the imaginary place of bin 0.
export function realFft(data: usize, work: usize, n: u32): usize {
  makeTwiddles(n)
  const complexes = n >> 1
  first(data, work, complexes)
  let from = work
  let to = data
  let stride: u32 = 4
  for (let length = complexes >> 2; length > 8; length >>= 2) {
    middle(from, to, complexes, length, stride)
    stride <<= 2
    const other = from
    from = to
    to = other
  }
  if (complexes >> 3 == stride) lastOfEight(from, to, complexes)
  else lastOfFour(from, to, complexes)
  apart(to, from, complexes)
  return from
}

/// Radix 4, butterflies p and p + 1 at once, from complex numbers as they come (re im re im).
function first(from: usize, to: usize, complexes: u32): void {
  const quarter = <usize>complexes << 2
  const w1 = twiddles(complexes)
  const w2 = twiddles(complexes >> 1)
  for (let at: usize = 0; at < quarter; at += 32) {
    const x = from + at
    let u = v128.load(x)
    let v = v128.load(x, 16)
    const ar = v128.shuffle<f64>(u, v, 0, 2)
    const ai = v128.shuffle<f64>(u, v, 1, 3)
    u = v128.load(x + quarter)
    v = v128.load(x + quarter, 16)
    const br = v128.shuffle<f64>(u, v, 0, 2)
    const bi = v128.shuffle<f64>(u, v, 1, 3)
    u = v128.load(x + 2 * quarter)
    v = v128.load(x + 2 * quarter, 16)
    const cr = v128.shuffle<f64>(u, v, 0, 2)
    const ci = v128.shuffle<f64>(u, v, 1, 3)
    u = v128.load(x + 3 * quarter)
    v = v128.load(x + 3 * quarter, 16)
    const dr = v128.shuffle<f64>(u, v, 0, 2)
    const di = v128.shuffle<f64>(u, v, 1, 3)
    const w1r = v128.load(w1 + at)
    const w1i = v128.load(w1 + at, 16)
    const w2r = v128.load(w2 + at)
    const w2i = v128.load(w2 + at, 16)
    const w3r = f64x2.sub(f64x2.mul(w1r, w2r), f64x2.mul(w1i, w2i))
    const w3i = f64x2.add(f64x2.mul(w1r, w2i), f64x2.mul(w1i, w2r))

    const sr = f64x2.add(ar, cr)
    const si = f64x2.add(ai, ci)
    const tr = f64x2.sub(ar, cr)
    const ti = f64x2.sub(ai, ci)
    const ur = f64x2.add(br, dr)
    const ui = f64x2.add(bi, di)
    const vr = f64x2.sub(br, dr)
    const vi = f64x2.sub(bi, di)
    const y0r = f64x2.add(sr, ur)
    const y0i = f64x2.add(si, ui)
    let zr = f64x2.add(tr, vi)
    let zi = f64x2.sub(ti, vr)
    const y1r = f64x2.sub(f64x2.mul(zr, w1r), f64x2.mul(zi, w1i))
    const y1i = f64x2.add(f64x2.mul(zr, w1i), f64x2.mul(zi, w1r))
    zr = f64x2.sub(sr, ur)
    zi = f64x2.sub(si, ui)
    const y2r = f64x2.sub(f64x2.mul(zr, w2r), f64x2.mul(zi, w2i))
    const y2i = f64x2.add(f64x2.mul(zr, w2i), f64x2.mul(zi, w2r))
    zr = f64x2.sub(tr, vi)
    zi = f64x2.add(ti, vr)
    const y3r = f64x2.sub(f64x2.mul(zr, w3r), f64x2.mul(zi, w3i))
    const y3i = f64x2.add(f64x2.mul(zr, w3i), f64x2.mul(zi, w3r))

    const y = to + (at << 2)
    v128.store(y, v128.shuffle<f64>(y0r, y1r, 0, 2))
    v128.store(y, v128.shuffle<f64>(y0i, y1i, 0, 2), 16)
    v128.store(y, v128.shuffle<f64>(y2r, y3r, 0, 2), 32)
    v128.store(y, v128.shuffle<f64>(y2i, y3i, 0, 2), 48)
    v128.store(y, v128.shuffle<f64>(y0r, y1r, 1, 3), 64)
    v128.store(y, v128.shuffle<f64>(y0i, y1i, 1, 3), 80)
    v128.store(y, v128.shuffle<f64>(y2r, y3r, 1, 3), 96)
    v128.store(y, v128.shuffle<f64>(y2i, y3i, 1, 3), 112)
  }
}

/// Radix 4 over transforms of `length`, `stride` of them side by side with the same twiddles.
function middle(from: usize, to: usize, complexes: u32, length: u32, stride: u32): void {
  const quarter = <usize>complexes << 2
  const side = <usize>stride << 4
  const w1 = twiddles(length)
  const w2 = twiddles(length >> 1)
  let x = from
  let y = to
  for (let p: u32 = 0; p < length >> 2; p++) {
    const at = place(p)
    const w1r = v128.load_splat<f64>(w1 + at)
    const w1i = v128.load_splat<f64>(w1 + at, 16)
    const w2r = v128.load_splat<f64>(w2 + at)
    const w2i = v128.load_splat<f64>(w2 + at, 16)
    const w3r = f64x2.sub(f64x2.mul(w1r, w2r), f64x2.mul(w1i, w2i))
    const w3i = f64x2.add(f64x2.mul(w1r, w2i), f64x2.mul(w1i, w2r))
    const end = x + side
    for (; x < end; x += 32) {
      const ar = v128.load(x)
      const ai = v128.load(x, 16)
      const br = v128.load(x + quarter)
      const bi = v128.load(x + quarter, 16)
      const cr = v128.load(x + 2 * quarter)
      const ci = v128.load(x + 2 * quarter, 16)
      const dr = v128.load(x + 3 * quarter)
      const di = v128.load(x + 3 * quarter, 16)
      const sr = f64x2.add(ar, cr)
      const si = f64x2.add(ai, ci)
      const tr = f64x2.sub(ar, cr)
      const ti = f64x2.sub(ai, ci)
      const ur = f64x2.add(br, dr)
      const ui = f64x2.add(bi, di)
      const vr = f64x2.sub(br, dr)
      const vi = f64x2.sub(bi, di)
      v128.store(y, f64x2.add(sr, ur))
      v128.store(y, f64x2.add(si, ui), 16)
      let zr = f64x2.add(tr, vi)
      let zi = f64x2.sub(ti, vr)
      v128.store(y + side, f64x2.sub(f64x2.mul(zr, w1r), f64x2.mul(zi, w1i)))
      v128.store(y + side, f64x2.add(f64x2.mul(zr, w1i), f64x2.mul(zi, w1r)), 16)
      zr = f64x2.sub(sr, ur)
      zi = f64x2.sub(si, ui)
      v128.store(y + 2 * side, f64x2.sub(f64x2.mul(zr, w2r), f64x2.mul(zi, w2i)))
      v128.store(y + 2 * side, f64x2.add(f64x2.mul(zr, w2i), f64x2.mul(zi, w2r)), 16)
      zr = f64x2.sub(tr, vi)
      zi = f64x2.add(ti, vr)
      v128.store(y + 3 * side, f64x2.sub(f64x2.mul(zr, w3r), f64x2.mul(zi, w3i)))
      v128.store(y + 3 * side, f64x2.add(f64x2.mul(zr, w3i), f64x2.mul(zi, w3r)), 16)
      y += 32
    }
    y += 3 * side
  }
}

/// The last pass where transforms of four are left: no twiddles.
function lastOfFour(from: usize, to: usize, complexes: u32): void {
  const part = <usize>complexes << 2
  for (let at: usize = 0; at < part; at += 32) {
    const x = from + at
    const y = to + at
    const ar = v128.load(x)
    const ai = v128.load(x, 16)
    const br = v128.load(x + part)
    const bi = v128.load(x + part, 16)
    const cr = v128.load(x + 2 * part)
    const ci = v128.load(x + 2 * part, 16)
    const dr = v128.load(x + 3 * part)
    const di = v128.load(x + 3 * part, 16)
    const sr = f64x2.add(ar, cr)
    const si = f64x2.add(ai, ci)
    const tr = f64x2.sub(ar, cr)
    const ti = f64x2.sub(ai, ci)
    const ur = f64x2.add(br, dr)
    const ui = f64x2.add(bi, di)
    const vr = f64x2.sub(br, dr)
    const vi = f64x2.sub(bi, di)
    v128.store(y, f64x2.add(sr, ur))
    v128.store(y, f64x2.add(si, ui), 16)
    v128.store(y + part, f64x2.add(tr, vi))
    v128.store(y + part, f64x2.sub(ti, vr), 16)
    v128.store(y + 2 * part, f64x2.sub(sr, ur))
    v128.store(y + 2 * part, f64x2.sub(si, ui), 16)
    v128.store(y + 3 * part, f64x2.sub(tr, vi))
    v128.store(y + 3 * part, f64x2.add(ti, vr), 16)
  }
}

/// The last pass where transforms of eight are left: the odd outputs turn by eighths.
function lastOfEight(from: usize, to: usize, complexes: u32): void {
  const part = <usize>complexes << 1
  const half = f64x2.splat(ROOT_HALF)
  for (let at: usize = 0; at < part; at += 32) {
    const x = from + at
    const y = to + at
    let pr = v128.load(x)
    let pi = v128.load(x, 16)
    let qr = v128.load(x + 4 * part)
    let qi = v128.load(x + 4 * part, 16)
    const s0r = f64x2.add(pr, qr)
    const s0i = f64x2.add(pi, qi)
    const d0r = f64x2.sub(pr, qr)
    const d0i = f64x2.sub(pi, qi)
    pr = v128.load(x + 2 * part)
    pi = v128.load(x + 2 * part, 16)
    qr = v128.load(x + 6 * part)
    qi = v128.load(x + 6 * part, 16)
    const s2r = f64x2.add(pr, qr)
    const s2i = f64x2.add(pi, qi)
    const d2r = f64x2.sub(pr, qr)
    const d2i = f64x2.sub(pi, qi)
    pr = v128.load(x + part)
    pi = v128.load(x + part, 16)
    qr = v128.load(x + 5 * part)
    qi = v128.load(x + 5 * part, 16)
    const s1r = f64x2.add(pr, qr)
    const s1i = f64x2.add(pi, qi)
    const d1r = f64x2.sub(pr, qr)
    const d1i = f64x2.sub(pi, qi)
    pr = v128.load(x + 3 * part)
    pi = v128.load(x + 3 * part, 16)
    qr = v128.load(x + 7 * part)
    qi = v128.load(x + 7 * part, 16)
    const s3r = f64x2.add(pr, qr)
    const s3i = f64x2.add(pi, qi)
    const d3r = f64x2.sub(pr, qr)
    const d3i = f64x2.sub(pi, qi)

    let ar = f64x2.add(s0r, s2r)
    let ai = f64x2.add(s0i, s2i)
    let br = f64x2.add(s1r, s3r)
    let bi = f64x2.add(s1i, s3i)
    v128.store(y, f64x2.add(ar, br))
    v128.store(y, f64x2.add(ai, bi), 16)
    v128.store(y + 4 * part, f64x2.sub(ar, br))
    v128.store(y + 4 * part, f64x2.sub(ai, bi), 16)
    ar = f64x2.sub(s0r, s2r)
    ai = f64x2.sub(s0i, s2i)
    br = f64x2.sub(s1r, s3r)
    bi = f64x2.sub(s1i, s3i)
    v128.store(y + 2 * part, f64x2.add(ar, bi))
    v128.store(y + 2 * part, f64x2.sub(ai, br), 16)
    v128.store(y + 6 * part, f64x2.sub(ar, bi))
    v128.store(y + 6 * part, f64x2.add(ai, br), 16)

    // With w = e^(-iπ/4): (d0 - i d2) ± w (d1 - i d3), and (d0 + i d2) ± -i w (d1 + i d3).
    ar = f64x2.add(d0r, d2i)
    ai = f64x2.sub(d0i, d2r)
    br = f64x2.add(d1r, d3i)
    bi = f64x2.sub(d1i, d3r)
    pr = f64x2.mul(half, f64x2.add(br, bi))
    pi = f64x2.mul(half, f64x2.sub(bi, br))
    v128.store(y + part, f64x2.add(ar, pr))
    v128.store(y + part, f64x2.add(ai, pi), 16)
    v128.store(y + 5 * part, f64x2.sub(ar, pr))
    v128.store(y + 5 * part, f64x2.sub(ai, pi), 16)
    ar = f64x2.sub(d0r, d2i)
    ai = f64x2.add(d0i, d2r)
    br = f64x2.sub(d1r, d3i)
    bi = f64x2.add(d1i, d3r)
    pr = f64x2.mul(half, f64x2.sub(bi, br))
    pi = f64x2.mul(half, f64x2.add(br, bi))
    v128.store(y + 3 * part, f64x2.add(ar, pr))
    v128.store(y + 3 * part, f64x2.sub(ai, pi), 16)
    v128.store(y + 7 * part, f64x2.sub(ar, pr))
    v128.store(y + 7 * part, f64x2.add(ai, pi), 16)
  }
}

/// The spectrum Z of even + i odd values into that of all: X[k] = E + W(2m)[k] O and X[m - k] = conj(E - W O), with
/// E = (Z[k] + conj Z[m - k]) / 2 and O = (Z[k] - conj Z[m - k]) / 2i.
function apart(from: usize, to: usize, m: u32): void {
  const z0r = load<f64>(from)
  const z0i = load<f64>(from, 16)
  store<f64>(to, z0r + z0i)
  store<f64>(to, z0r - z0i, 16)
  const w = twiddles(m << 1)
  const half = f64x2.splat(0.5)
  bin(from, to, w, m, 1)
  let up = from + 32
  let down = from + (<usize>m << 4)
  let mirrorRe = v128.load(down - 32)
  let mirrorIm = v128.load(down - 32, 16)
  for (const middle = from + (<usize>m << 3); up < middle; up += 32) {
    // Bins m - k and m - k - 1 are halves of two pairs.
    down -= 32
    const nextRe = v128.load(down - 32)
    const nextIm = v128.load(down - 32, 16)
    const hr = v128.shuffle<f64>(mirrorRe, nextRe, 0, 3)
    const hi = v128.shuffle<f64>(mirrorIm, nextIm, 0, 3)
    mirrorRe = nextRe
    mirrorIm = nextIm
    const zr = v128.load(up)
    const zi = v128.load(up, 16)
    const wr = v128.load(w + (up - from))
    const wi = v128.load(w + (up - from), 16)
    const er = f64x2.mul(half, f64x2.add(zr, hr))
    const ei = f64x2.mul(half, f64x2.sub(zi, hi))
    const or = f64x2.mul(half, f64x2.add(zi, hi))
    const oi = f64x2.mul(half, f64x2.sub(hr, zr))
    const tr = f64x2.sub(f64x2.mul(wr, or), f64x2.mul(wi, oi))
    const ti = f64x2.add(f64x2.mul(wr, oi), f64x2.mul(wi, or))
    const low = to + (up - from)
    v128.store(low, f64x2.add(er, tr))
    v128.store(low, f64x2.add(ei, ti), 16)
    const high = to + (down - from)
    const xr = f64x2.sub(er, tr)
    const xi = f64x2.sub(ti, ei)
    v128.store_lane<f64>(high, xr, 0)
    v128.store_lane<f64>(high, xi, 0, 16)
    v128.store_lane<f64>(high - 32, xr, 1, 8)
    v128.store_lane<f64>(high - 32, xi, 1, 24)
  }
  bin(from, to, w, m, m >> 1)
}

/// One bin and its mirror image, or the bin in the middle, which is its own.
function bin(from: usize, to: usize, w: usize, m: u32, k: u32): void {
  const at = place(k)
  const mirror = place(m - k)
  const zr = load<f64>(from + at)
  const zi = load<f64>(from + at, 16)
  const hr = load<f64>(from + mirror)
  const hi = load<f64>(from + mirror, 16)
  const wr = load<f64>(w + at)
  const wi = load<f64>(w + at, 16)
  const er = 0.5 * (zr + hr)
  const ei = 0.5 * (zi - hi)
  const or = 0.5 * (zi + hi)
  const oi = 0.5 * (hr - zr)
  const tr = wr * or - wi * oi
  const ti = wr * oi + wi * or
  store<f64>(to + at, er + tr)
  store<f64>(to + at, ei + ti, 16)
  store<f64>(to + mirror, er - tr)
  store<f64>(to + mirror, ti - ei, 16)
}

/// Where a complex number lies, counted from the first one's real part; its imaginary part is 16 further.
// @ts-ignore: decorator
@inline
export function place(k: u32): usize {
  return (<usize>(k >> 1) << 5) + (<usize>(k & 1) << 3)
}
