import { bridge } from './bridge.js'
import { cobs } from './cobs.js'
import type { FramingComponent } from './framing.js'
import { length } from './length.js'
import { line } from './line.js'
import { slip } from './slip.js'

/** Every way to find frames in a stream of bytes; the first is the default. */
export const framings: readonly FramingComponent[] = [line, length, cobs, slip, bridge]
