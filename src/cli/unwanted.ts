import { codecInput } from '../model/codec.js'
import type { Components } from '../model/components.js'
import type { Plan } from '../model/plan.js'
import { glob } from '../model/glob.js'
import { selects } from '../model/selector.js'

/** Declared fields that no window takes, whatever their tags, in words; their samples would be counted `unmatched`. */
export function unwantedFields(plan: Plan, components: Components): string[] {
  const takes = plan.windows.map(({ of, reduce }) => {
    const anyTags = selects(of.map(({ source, field }) => ({ source: source ?? '*', field: field ?? '*' })))
    const fields = reduce.map(({ field }) => glob(field))
    return (source: string, field: string) =>
      anyTags({ source, field, tags: [] }) && fields.some((matches) => matches(field))
  })
  return plan.sources.flatMap(({ name, inputs }) => {
    const declared = inputs.flatMap(({ decode, time, payloadTags, sequence }) => {
      const codec = components.codecs.find(({ type }) => type === decode.type)
      return codec?.fieldNames(decode.options as never, codecInput(time, payloadTags, sequence)) ?? []
    })
    const unwanted = [...new Set(declared)].filter((field) => !takes.some((take) => take(name, field)))
    if (unwanted.length === 0) return []
    return [`source ${name}: no window takes ${unwanted.join(', ')}; their samples will be counted unmatched`]
  })
}
