import * as v from 'valibot'
import type { CalibrationPlan, DeadbandPlan, SequencePlan, ValidPlan } from '../model/plan.js'
import { duration } from '../model/schema.js'

const says = v.description
const MOST_POINTS = 4096
/** Twice the numbers that are remembered of a device, and as many again to tell what is ahead from what is behind. */
const LEAST_MODULUS = 256

const field = v.pipe(v.string(), v.nonEmpty('the name of a field; * and ? stand for any'))
const finite = v.pipe(v.number('a number'), v.finite('a number'))

/** The unit of a field's values. */
export const unitSchema = v.pipe(
  v.string('text of 1 to 16 bytes'),
  v.nonEmpty('text of 1 to 16 bytes'),
  v.maxBytes(16, 'text of 1 to 16 bytes'),
)

const TABLE = `a list of 2 to ${MOST_POINTS} pairs [raw, value] in rising or falling order of raw`
const tableSchema = v.pipe(
  v.array(v.strictTuple([finite, finite], 'a pair [raw, value]'), TABLE),
  v.minLength(2, TABLE),
  v.maxLength(MOST_POINTS, TABLE),
  v.transform((points) => (points[0][0] > points[1][0] ? points.toReversed() : points)),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const at = dataset.value.findIndex(([raw], i, all) => i > 0 && !(raw > all[i - 1][0]))
    if (at > 0) {
      const [[before], [raw]] = dataset.value.slice(at - 1)
      addIssue({
        message:
          raw === before
            ? `cannot interpolate: the table has two points for ${raw}; leave one out`
            : `cannot interpolate: the table is not in order of raw: ${before} and ${raw} stand side by side; sort it`,
      })
    }
  }),
  v.metadata({ allowed: TABLE }),
)

const calibrationSchema = v.pipe(
  v.strictObject({
    scale: v.optional(
      v.pipe(
        finite,
        v.notValue(0, 'a number other than 0'),
        v.metadata({ allowed: 'a number other than 0' }),
        says('What the raw value is multiplied by. Default: 1.'),
      ),
    ),
    offset: v.optional(v.pipe(finite, says('What is added then. Default: 0.'))),
    table: v.optional(
      v.pipe(
        tableSchema,
        says('Instead: values at points, with straight lines between them, such as [[0, -40], [1023, 125]].'),
      ),
    ),
    outside: v.optional(
      v.pipe(
        v.picklist(['extend', 'clip']),
        says('Outside the table: its outermost lines go on, or its end values hold. Default: extend.'),
      ),
    ),
    unit: v.optional(
      v.pipe(unitSchema, says("Unit of the outcome; goes before the source's `unit` and the sender's own.")),
    ),
  }),
  v.check(
    ({ table, scale, offset }) => !table || (scale === undefined && offset === undefined),
    'cannot use `table` with `scale` or `offset`: each says the whole calibration; remove one',
  ),
  v.check(({ table, outside }) => !!table || outside === undefined, 'cannot use `outside` without `table`; remove it'),
  v.transform(
    ({ table, scale = 1, offset = 0, outside, unit }): Omit<CalibrationPlan, 'field'> => ({
      by: table ? { table, clip: outside === 'clip' } : { scale, offset },
      ...(unit !== undefined && { unit }),
    }),
  ),
)

const RANGE = '[least, greatest], where -.inf and .inf are no bound'
const rangeSchema = v.pipe(
  v.strictTuple([v.number('a number'), v.number('a number')], RANGE),
  v.check(([min, max]) => min <= max, RANGE),
  v.transform(([min, max]): Omit<ValidPlan, 'field'> => ({ min, max })),
  v.metadata({ allowed: RANGE }),
)

const bandSchema = v.pipe(
  v.number('a number above 0'),
  v.check((band) => band > 0 && band < Number.POSITIVE_INFINITY, 'a number above 0'),
  v.metadata({ allowed: 'a number above 0' }),
)
const deadbandSchema = v.pipe(
  v.union([
    bandSchema,
    v.strictObject({
      band: v.pipe(bandSchema, says('The least change that counts.')),
      every: v.optional(
        v.pipe(
          duration({ min: '1ms' }),
          says('After so long, in event time, a sample is kept whatever its value. Default: never.'),
        ),
      ),
    }),
  ]),
  v.transform(
    (given): Omit<DeadbandPlan, 'field'> =>
      typeof given === 'number'
        ? { band: given }
        : { band: given.band, ...(given.every !== undefined && { everyUs: given.every }) },
  ),
  v.metadata({ allowed: 'a number above 0, or { band, every }' }),
)

const sequenceSchema = v.pipe(
  v.union([
    v.pipe(v.string(), v.nonEmpty('a path in the payload')),
    v.strictObject({
      path: v.pipe(v.string(), v.nonEmpty('a path in the payload'), says('Where the number is in the payload.')),
      modulus: v.optional(
        v.pipe(
          v.number(),
          v.integer('a whole number, at least 256'),
          v.minValue(LEAST_MODULUS, 'a whole number, at least 256'),
          v.maxValue(Number.MAX_SAFE_INTEGER, 'a whole number, at least 256'),
          v.metadata({ allowed: 'a whole number, at least 256' }),
          says('What the number wraps at, such as 65536: it is followed by 0 after one less. Default: it never wraps.'),
        ),
      ),
    }),
  ]),
  v.transform((given): SequencePlan => (typeof given === 'string' ? { path: given } : given)),
  v.metadata({ allowed: 'a path in the payload, or { path, modulus }' }),
)

const entries = <T>(map: Record<string, T>): ({ field: string } & T)[] =>
  Object.entries(map).map(([field, rule]) => ({ field, ...rule }))

/** Keys about what is done to samples before windows see them, and about messages that come again. */
export const conditionEntries = {
  calibrate: v.optional(
    v.pipe(
      v.record(field, calibrationSchema),
      v.transform(entries),
      says(
        'Raw values to true ones, by field (* and ?, the first match wins): { temp: { scale: 0.1, offset: -40, unit: °C } }, or a table. What becomes infinite is counted `invalid`.',
      ),
    ),
  ),
  valid: v.optional(
    v.pipe(
      v.record(field, rangeSchema),
      v.transform(entries),
      says(
        'Values that can be true, after calibration, by field (* and ?, the first match wins): { temp: [-40, 125] }. Others are counted `filtered`.',
      ),
    ),
  ),
  deadband: v.optional(
    v.pipe(
      v.record(field, deadbandSchema),
      v.transform(entries),
      says(
        'The least change that counts, by field (* and ?, the first match wins): { temp: 0.5 } or { temp: { band: 0.5, every: 5min } }. What is valid but nearer to the last one kept is counted `filtered`.',
      ),
    ),
  ),
  sequence: v.optional(
    v.pipe(
      sequenceSchema,
      says(
        "Where messages carry their sender's own number, one row of numbers a device. Samples of a message whose number was among the device's last 64 are counted `duplicate`; numbers that never came are counted `missing`. Further behind, or ahead by over 16 million, the device began anew. What is no whole number says nothing.",
      ),
    ),
  ),
}

/** Names of fields that no map of a configuration can hold. */
export const UNHOLDABLE = ['__proto__', 'constructor', 'prototype']
