import * as v from 'valibot'
import { isZone } from '../memory/zone.js'
import { duration } from '../model/schema.js'
import { tagName } from './input-schema.js'

const says = v.description
const glob = v.pipe(
  v.string(),
  v.nonEmpty('text; * and ? stand for any'),
  v.metadata({ allowed: 'text; * and ? stand for any' }),
)

const selector = v.strictObject({
  source: v.optional(v.pipe(glob, says('Name of the source.'))),
  field: v.optional(v.pipe(glob, says('Name of the field.'))),
  tags: v.optional(v.pipe(v.record(v.string(), glob), says('Tags and their values.'))),
})

const names = v.pipe(
  v.array(v.string(), 'a list of reductions'),
  v.nonEmpty('at least one reduction'),
  v.metadata({ allowed: 'a list of reductions' }),
)

const measurement = v.pipe(
  v.string(),
  v.check(
    (text) => text.length > 0 && text.length <= 200 && !hasControl(text),
    'text of 1 to 200 characters without line ends',
  ),
)

const hasControl = (text: string): boolean => [...text].some((c) => c < ' ')

const wholeNumber = (min: number, max: number, allowed: string) =>
  v.pipe(
    v.number(allowed),
    v.integer(allowed),
    v.minValue(min, allowed),
    v.maxValue(max, allowed),
    v.metadata({ allowed }),
  )

/** Keys of a window. */
export const windowEntries = {
  of: v.optional(
    v.pipe(
      v.union([v.literal('*'), v.pipe(v.array(selector), v.nonEmpty('at least one selector')), selector]),
      v.metadata({ allowed: '"*", { source, field, tags }, or a list of such' }),
      says('Which series it takes: all, or by source, field and tags with * and ?.'),
    ),
    '*',
  ),
  every: v.optional(
    v.pipe(
      duration({ min: '1ms', max: '366d' }),
      says('Length of the windows, aligned to the epoch; with `size` the time from one window to the next.'),
    ),
  ),
  size: v.optional(
    v.pipe(duration({ min: '1ms', max: '366d' }), says('Length of windows that overlap: one begins `every` so often.')),
  ),
  session: v.optional(
    v.pipe(
      duration({ min: '1ms', max: '366d' }),
      says('Windows of a device end once it is silent for so long, in place of `every`.'),
    ),
  ),
  count: v.optional(
    v.pipe(
      wholeNumber(1, 1e6, 'a whole number of samples, 1 to 1000000'),
      says('Windows of so many samples of a series, in order of arrival, in place of `every`.'),
    ),
  ),
  raw: v.optional(
    v.pipe(v.literal(true, 'true'), says('Passes samples on as they are, in place of `every` and `reduce`.')),
  ),
  zone: v.optional(
    v.pipe(
      v.string(),
      v.check(isZone, 'a time zone such as Europe/Berlin'),
      v.metadata({ allowed: 'a time zone such as Europe/Berlin' }),
      says('Windows begin by the clocks of this zone: a day there has 23, 24 or 25 hours.'),
    ),
  ),
  stamp: v.optional(
    v.pipe(v.picklist(['start', 'end']), says("Which end of the window is the point's time.")),
    'start',
  ),
  offset: v.optional(v.pipe(duration(), says('Moves the windows off that grid; less than `every`.')), '0'),
  lateness: v.optional(
    v.pipe(
      duration({ max: '366d' }),
      says("How far behind its device's newest sample a late one still corrects its window."),
    ),
    '10s',
  ),
  reduce: v.optional(
    v.pipe(
      v.union([
        names,
        v.pipe(
          v.record(glob, names),
          v.check((map) => Object.keys(map).length > 0, 'at least one field'),
        ),
      ]),
      v.metadata({ allowed: 'a list of reductions, or lists by field (* and ?, the first match wins)' }),
      says('What becomes of the samples: a list of reductions, or a list by field, where the first match wins.'),
    ),
  ),
  hold: v.optional(
    v.pipe(
      duration({ min: '1ms', max: '366d' }),
      says(
        'How long a value holds at most, for `twa`, `integral` and `duty`. Default: the length of the window, at least 10s.',
      ),
    ),
  ),
  between: v.optional(
    v.pipe(
      v.picklist(['step', 'linear']),
      says('What is between two samples, for `twa`, `integral` and `duty`: the first of them, or a straight line.'),
    ),
    'step',
  ),
  quality: v.optional(
    v.pipe(
      v.boolean('true or false'),
      says('Each field also tells how many samples it rests on: n, expected, coverage, gap_max, late and duplicate.'),
    ),
    false,
  ),
  expect: v.optional(
    v.pipe(duration({ min: '1ms' }), says("How often a series speaks. Default: its source's `expect`.")),
  ),
  detrend: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^(mean|none|highpass\((\d+(\.\d+)?)\))$/, 'mean, none or highpass(Hz)'),
      v.transform((text) => {
        const hz = /\((.+)\)/.exec(text)?.[1]
        return hz === undefined ? (text as 'mean' | 'none') : { highpassHz: Number(hz) }
      }),
      v.metadata({ allowed: 'mean, none or highpass(Hz)', jsonType: 'string' }),
      says(
        'What is taken off the values before spectra, rms, peak, crest, skewness and kurtosis. Default: the mean for spectra, nothing for the others.',
      ),
    ),
  ),
  maxRows: v.optional(
    v.pipe(
      wholeNumber(1, 1e7, 'a whole number of samples, 1 to 10000000'),
      says('Samples kept of a series and window, where a reduction needs them all; further ones are rejected.'),
    ),
    100000,
  ),
  by: v.optional(
    v.pipe(
      v.array(v.string(), 'a list of tags'),
      says('Tags that stay: devices of a source that differ in others alone are one.'),
    ),
  ),
  measurement: v.optional(v.pipe(measurement, says("Name of the points. Default: the window's name."))),
  unitTag: v.optional(
    v.pipe(
      tagName,
      says(
        "Name of a tag, such as unit, that says the unit of all values of a line: a device's values are then a line for each unit, and those without one a line without the tag. A device that has such a tag keeps its own. Default: none.",
      ),
    ),
  ),
  to: v.optional(v.pipe(v.array(v.string(), 'a list of sinks'), says('Sinks by name. Default: all.'))),
}
