import type { Kernel } from '../model/kernel.js'
import * as all from './kernels/index.js'

/** The kernels, in the order of their names. */
export const kernels: readonly Kernel[] = Object.values(all)
