import * as v from 'valibot'
import { byteSize, duration } from '../model/schema.js'

const says = v.description
const part = 'a part of the disk from 0 to 0.9'

/** Keys of every sink. */
export const sinkEntries = {
  spool: v.optional(
    v.pipe(
      v.strictObject({
        maxBytes: v.optional(
          v.pipe(
            byteSize({ min: 2 ** 20, max: 2 ** 40 }),
            says('Points of a live run that wait on the disk: past it the oldest are given up and counted.'),
          ),
          '256MiB',
        ),
        maxAge: v.optional(
          v.pipe(duration({ min: '1min' }), says('Points that have waited for longer are given up and counted.')),
          '7d',
        ),
        minFree: v.optional(
          v.pipe(
            v.number(part),
            v.minValue(0, part),
            v.maxValue(0.9, part),
            v.metadata({ allowed: part }),
            says('So much of the disk stays free: past it a spool shrinks to 16 MiB.'),
          ),
          0.1,
        ),
      }),
      v.metadata({ allowed: '{ maxBytes: size, maxAge: duration, minFree: part }' }),
      says('Bounds of the points that wait for this sink, in stateDir/spool.'),
    ),
    {},
  ),
}
