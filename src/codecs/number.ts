import * as v from 'valibot'
import { CODEC_NUMBER } from '../../assembly/layout.js'
import type { CodecComponent } from '../model/codec.js'

/** Options of `number`, parsed. */
export interface NumberOptions {
  field: string
  map?: Record<string, number>
}

/** The whole payload is one number as text. */
export const number: CodecComponent<NumberOptions> = {
  type: 'number',
  summary: 'The payload is one number as text',
  options: {
    field: v.optional(
      v.pipe(
        v.string('a name of at most 255 bytes'),
        v.nonEmpty('a name of at most 255 bytes'),
        v.maxBytes(255, 'a name of at most 255 bytes'),
        v.description("The field's name, unless the topic names it by {field}."),
      ),
      'value',
    ),
    map: v.optional(
      v.pipe(
        v.record(v.string(), v.pipe(v.number(), v.finite())),
        v.description('Text that stands for a number: { "ON": 1, "OFF": 0 }.'),
      ),
    ),
  },
  check(_options, input) {
    if (input.timePath !== undefined)
      return `cannot take the time from "${input.timePath}": the payload is a number and nothing else; use time: arrival`
    if (input.tagPaths.length)
      return `cannot take the tag from "${input.tagPaths[0]}": the payload is a number and nothing else; take tags from the topic`
    if (input.sequencePath !== undefined)
      return `cannot take the message's number from "${input.sequencePath}": the payload is a number and nothing else; remove \`sequence\``
    if (input.hasClock) return 'cannot count the samples of a number: it has no array and no counter; use time: arrival'
    if (input.hasRate) return 'cannot use a rate: the payload is one number, not an array; remove it'
    return undefined
  },
  compile(options) {
    return { codec: CODEC_NUMBER, own: 0, fields: [{ name: options.field, map: options.map }] }
  },
  // A topic may name the field.
  fieldNames: () => [],
}
