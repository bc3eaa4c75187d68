import { count, end, start, times } from '../rows/view'

/// Longest time in seconds between neighbours among the pane's start, its rows and its end.
export function finish(slot: usize, args: usize): f64 {
  let previous = start
  let longest: f64 = 0
  for (let i: usize = 0; i < <usize>count; i++) {
    const time = load<f64>(times + (i << 3))
    if (time - previous > longest) longest = time - previous
    previous = time
  }
  return (end - previous > longest ? end - previous : longest) / 1e6
}
