import * as v from 'valibot'
import { CODEC_STRUCT } from '../../assembly/layout.js'
import { crcs } from '../memory/crc.js'
import type { CodecComponent } from '../model/codec.js'
import { bug } from '../model/errors.js'
import { INTEGER_TYPES, type StructOptions, TYPES } from './struct-fields.js'
import { planStruct } from './struct-plan.js'
import { counterModulus, writeStruct } from './struct-program.js'

const says = v.description
const most = 2 ** 20
const place = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most))
const finite = v.pipe(v.number(), v.finite())
const order = v.picklist(['little', 'big'])

const fieldEntries = {
  name: v.optional(
    v.pipe(v.string(), v.minLength(1), v.maxLength(255), says("The field's name. Needed, but for `skip` and `rows`.")),
  ),
  type: v.optional(v.pipe(v.picklist(TYPES), says('What it is. Needed with `name`.'))),
  endian: v.optional(v.pipe(order, says("Which byte comes first. Default: the codec's `endian`."))),
  scale: v.optional(
    v.pipe(
      finite,
      v.check((scale) => scale !== 0, 'a number other than 0'),
      says('Value = number in the payload × scale + offset.'),
    ),
    1,
  ),
  offset: v.optional(v.pipe(finite, says('See `scale`.')), 0),
  at: v.optional(
    v.pipe(
      v.union([place, v.string()], 'a byte of the payload, from 0, or the name of a field'),
      says(
        'Where it begins: a byte of the payload (of the row, in `rows`), or that of a field before it. Default: behind what stands before it.',
      ),
    ),
  ),
  bits: v.optional(
    v.pipe(
      v.tuple(
        [v.pipe(v.number(), v.integer(), v.minValue(0)), v.pipe(v.number(), v.integer(), v.minValue(1))],
        'two whole numbers: the first bit, 0 being the lowest, and how many',
      ),
      v.metadata({ allowed: 'two whole numbers: the first bit, 0 being the lowest, and how many' }),
      says(
        `Some bits of an integer (${INTEGER_TYPES}): the first, 0 being the lowest, and how many. Of a signed type they are signed.`,
      ),
    ),
  ),
  skip: v.optional(v.pipe(place, v.minValue(1), says('In place of a field: so many bytes that mean nothing.'))),
}

const countEntry = v.optional(
  v.pipe(
    v.union([v.pipe(place, v.minValue(1)), v.literal('rest')], 'a whole number from 1 on, or rest'),
    v.metadata({ allowed: 'a whole number from 1 on, or rest' }),
    says('An array of so many, or of all that the payload holds: each element is a sample of its own time.'),
  ),
)

/** Binary payloads of a fixed layout. */
export const struct: CodecComponent<StructOptions> = {
  type: 'struct',
  summary: 'Binary payloads: numbers at fixed places, arrays of them, a check',
  options: {
    endian: v.optional(
      v.pipe(order, says('Which byte of a number comes first, where a field does not say otherwise.')),
      'little',
    ),
    fields: v.pipe(
      v.array(
        v.strictObject({
          ...fieldEntries,
          count: countEntry,
          rows: v.optional(
            v.pipe(
              v.array(v.strictObject(fieldEntries)),
              v.minLength(1),
              v.metadata({ allowed: 'a list of fields as here, without `count` and `rows`' }),
              says('In place of a field: fields that take turns, x y z x y z; `count` says how many rows.'),
            ),
          ),
        }),
      ),
      v.minLength(1),
      v.maxLength(1024),
      v.metadata({ allowed: 'a list of { name, type, … }' }),
      says(
        'What stands in the payload, one behind the other. Those that `time`, `tags` and the like name are no samples.',
      ),
    ),
    crc: v.optional(
      v.pipe(
        v.picklist(crcs.map(({ name }) => name)),
        says('A check of the payload; one that is wrong makes it undecodable. Default: none.'),
      ),
    ),
    crcOrder: v.optional(
      v.pipe(
        order,
        says('Which byte of the check comes first. Default: the lowest for reflected checks, else the highest.'),
      ),
    ),
    crcAt: v.optional(v.pipe(place, says('Where the check stands. Default: at the end, behind all fields.'))),
    crcFrom: v.optional(
      v.pipe(place, says('The first byte that it covers. Default: 0, or behind the check where `crcAt` is 0.')),
    ),
    crcTo: v.optional(
      v.pipe(
        place,
        says('The byte behind the last one that it covers. Default: all that follow, but the check itself.'),
      ),
    ),
  },
  check(options, input) {
    const plan = planStruct(options, input)
    return Array.isArray(plan) ? plan : undefined
  },
  compile(options, input, arena) {
    const plan = planStruct(options, input)
    if (Array.isArray(plan)) bug(`a struct was compiled that did not pass its check: ${plan[0]}`)
    const modulus = counterModulus(plan)
    return {
      codec: CODEC_STRUCT,
      own: writeStruct(plan, arena),
      fields: plan.fields.map(({ name, count }) => ({ name, samples: count !== 0 })),
      ...(modulus && { counterModulus: modulus }),
    }
  },
  fieldNames(options, input) {
    const plan = planStruct(options, input)
    return Array.isArray(plan) ? [] : plan.fields.map(({ name }) => name)
  },
}
