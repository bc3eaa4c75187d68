import { bridge } from './bridge.js'
import type { FramingComponent } from './framing.js'
import { line } from './line.js'

/** Every way to find frames in a stream of bytes; the first is the default. */
export const framings: readonly FramingComponent[] = [line, bridge as FramingComponent]
