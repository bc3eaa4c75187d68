// The kernels. A case here is the kernel's index in src/reduce/kernels/index.ts.

import * as count from './count'
import * as crest from './crest'
import * as delta from './delta'
import * as first from './first'
import * as kurtosis from './kurtosis'
import * as last from './last'
import * as max from './max'
import * as mean from './mean'
import * as min from './min'
import * as peak from './peak'
import * as range from './range'
import * as rms from './rms'
import * as skewness from './skewness'
import * as stddev from './stddev'
import * as sum from './sum'
import * as variance from './variance'

/// Reads a state: the outcome of a kernel, NaN = no value.
export function finish(kernel: u32, slot: usize, args: usize): f64 {
  switch (kernel) {
    case 0:
      return count.finish(slot, args)
    case 1:
      return sum.finish(slot, args)
    case 2:
      return mean.finish(slot, args)
    case 3:
      return min.finish(slot, args)
    case 4:
      return max.finish(slot, args)
    case 5:
      return range.finish(slot, args)
    case 6:
      return first.finish(slot, args)
    case 7:
      return last.finish(slot, args)
    case 8:
      return delta.finish(slot, args)
    case 9:
      return variance.finish(slot, args)
    case 10:
      return stddev.finish(slot, args)
    case 11:
      return rms.finish(slot, args)
    case 12:
      return peak.finish(slot, args)
    case 13:
      return crest.finish(slot, args)
    case 14:
      return skewness.finish(slot, args)
    case 15:
      return kurtosis.finish(slot, args)
    default:
      return NaN
  }
}
