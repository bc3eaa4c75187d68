import * as v from 'valibot'
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
  every: v.pipe(duration({ min: '1ms', max: '366d' }), says('Length of the windows, aligned to the epoch.')),
  offset: v.optional(v.pipe(duration(), says('Moves the windows off that grid; less than `every`.')), '0'),
  lateness: v.optional(
    v.pipe(
      duration({ max: '366d' }),
      says("How far behind its device's newest sample a late one still corrects its window."),
    ),
    '10s',
  ),
  reduce: v.pipe(
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
