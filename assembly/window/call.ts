/// Reads a state, or the rows in view: the outcome of the kernel at this place of the table, NaN = no value.
// @ts-ignore: decorator
@inline
export function call(kernel: u32, slot: usize, args: usize): f64 {
  return call_indirect<f64>(kernel, slot, args)
}
