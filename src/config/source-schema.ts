import * as v from 'valibot'
import { byteSize, duration } from '../model/schema.js'
import { conditionEntries, unitSchema } from './condition-schema.js'
import { tagsSchema, timeSchema } from './input-schema.js'

const says = v.description

/** Keys of how payloads are read; topics may have their own. */
export const inputEntries = {
  time: v.optional(
    v.pipe(timeSchema, says('Where the times of the samples come from. Default for live sources: arrival.')),
  ),
  decode: v.optional(
    v.pipe(
      v.unknown(),
      v.metadata({ allowed: 'a map of type and the keys of the codec' }),
      says('How payloads are read.'),
    ),
  ),
  tags: v.optional(v.pipe(tagsSchema, says('Further tags: constants and values of the payload.'))),
  ...conditionEntries,
}

/** Keys that every source has besides. */
export const sourceEntries = {
  unit: v.optional(
    v.pipe(
      v.record(v.string(), unitSchema),
      says('Units of fields, such as { temp: °C, power: W }. They are shown beside the values.'),
    ),
    {},
  ),
  expect: v.optional(
    v.pipe(
      duration({ min: '1ms' }),
      says('How often a series speaks: with `quality: true` a silent one has points that say so.'),
    ),
  ),
  wait: v.optional(
    v.pipe(duration(), says('Disorder that is normal: a window is emitted this much after its end.')),
    '500ms',
  ),
  idle: v.optional(
    v.pipe(duration(), says('A source silent for so long emits by the clock. Default: 3 × batch, at least 1s.')),
  ),
  ahead: v.optional(v.pipe(duration(), says('Samples further ahead of their arrival are counted `future`.')), '1min'),
  forget: v.optional(
    v.pipe(
      duration({ min: '1s' }),
      says('A series without samples for so long is forgotten; never less than its longest window.'),
    ),
    '1d',
  ),
  maxLatency: v.optional(
    v.pipe(duration(), says('How long bytes may wait in the kernel to be read together. Default: batch.')),
  ),
  arrivalError: v.optional(
    v.pipe(duration(), says('How far from true an arrival time may be, where samples are timed by it.')),
    '20ms',
  ),
  maxFrameBytes: v.optional(
    v.pipe(byteSize({ min: 64, max: 64 * 2 ** 20 }), says('Longest message, line or serial frame.')),
    '1MiB',
  ),
}
