import * as v from 'valibot'
import type { DeriveFunction } from '../model/plan.js'
import { duration } from '../model/schema.js'
import { unitSchema } from './condition-schema.js'
import { tagName } from './input-schema.js'

const says = v.description
const text = v.pipe(v.string(), v.nonEmpty('text'))

const inputSchema = v.strictObject({
  source: v.pipe(text, says('Name of the source, or `derived`.')),
  field: v.pipe(
    text,
    v.check((name) => !/[*?]/.test(name), 'the name of one field, without * and ?'),
    says('Name of the field.'),
  ),
  tags: v.optional(v.pipe(v.record(v.string(), text), says('Only series with these tags; * and ? stand for any.'))),
})

const INPUTS = 'two inputs: [{ source, field }, { source, field }]'
const inputs = (what: string) =>
  v.optional(
    v.pipe(
      v.array(inputSchema, INPUTS),
      v.length(2, INPUTS),
      v.metadata({ allowed: INPUTS }),
      says(`Two inputs a and b, of which it is ${what}.`),
    ),
  )

/** What a derived value can be of its inputs: one of these keys is there. */
const functions = {
  sum: inputs('a + b'),
  difference: inputs('a - b'),
  product: inputs('a × b'),
  ratio: inputs('a ÷ b'),
} satisfies Record<DeriveFunction, v.GenericSchema>

/** Keys of a derived series. */
export const derivedEntries = {
  ...functions,
  by: v.optional(
    v.pipe(
      v.array(tagName, 'a list of tags'),
      says(
        'Tags in which inputs must agree, whatever their others: the derived series has these alone. [] where each input is one series. More than one pair for the same tags is told as an alarm, and the first is taken.',
      ),
    ),
  ),
  hold: v.optional(
    v.pipe(
      duration({ min: '1ms' }),
      says("How old an input's value may be: while one is older, there is no derived value."),
    ),
    '1min',
  ),
  unit: v.optional(
    v.pipe(unitSchema, says('Unit of the values. Default: of a sum or difference that of both inputs; else none.')),
  ),
}
