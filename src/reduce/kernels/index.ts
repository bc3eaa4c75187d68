import type { Kernel } from '../../model/kernel.js'
import { count } from './count.js'
import { crest } from './crest.js'
import { delta } from './delta.js'
import { first } from './first.js'
import { kurtosis } from './kurtosis.js'
import { last } from './last.js'
import { max } from './max.js'
import { mean } from './mean.js'
import { min } from './min.js'
import { peak } from './peak.js'
import { range } from './range.js'
import { rms } from './rms.js'
import { skewness } from './skewness.js'
import { stddev } from './stddev.js'
import { sum } from './sum.js'
import { variance } from './variance.js'

/** The kernels, in the order of assembly/kernels/index.ts. */
export const kernels: readonly Kernel[] = [
  count,
  sum,
  mean,
  min,
  max,
  range,
  first,
  last,
  delta,
  variance,
  stddev,
  rms,
  peak,
  crest,
  skewness,
  kurtosis,
]
