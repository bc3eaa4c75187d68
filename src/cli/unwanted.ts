import { codecInput } from '../model/codec.js'
import type { Components } from '../model/components.js'
import { glob } from '../model/glob.js'
import type { DerivedInput, Plan, SourcePlan } from '../model/plan.js'
import { selects } from '../model/selector.js'

/**
 * Declared and derived fields that no window takes, whatever their tags, and fields to derive from that their source does
 * not declare, in words; samples of the first would be counted `unmatched`.
 */
export function unwantedFields(plan: Plan, components: Components): string[] {
  const derived = plan.sources.flatMap(({ derives }) => derives?.series ?? [])
  const inputs = derived.flatMap((series) => series.inputs)
  const takes = [
    ...plan.windows.map(({ of, reduce }) => {
      const anyTags = selects(of.map(({ source, field }) => ({ source: source ?? '*', field: field ?? '*' })))
      const fields = reduce.map(({ field }) => glob(field))
      return (source: string, field: string) =>
        anyTags({ source, field, tags: [] }) && fields.some((matches) => matches(field))
    }),
    (source: string, field: string) => inputs.some((input) => input.source === source && input.field === field),
  ]
  return plan.sources.flatMap((source) => {
    const { name, derives } = source
    const declared = derives ? derives.series.map(({ field }) => field) : declaredFields(source, components)
    const unwanted = [...new Set(declared)].filter((field) => !takes.some((take) => take(name, field)))
    return [
      ...(unwanted.length === 0
        ? []
        : [`source ${name}: no window takes ${unwanted.join(', ')}; their samples will be counted unmatched`]),
      ...undeclared(source, inputs, components),
    ]
  })
}

const declaredFields = ({ inputs }: SourcePlan, components: Components): readonly string[] =>
  inputs.flatMap((input) => fieldsOf(input, components))

function fieldsOf({ decode, time, payloadTags, sequence }: SourcePlan['inputs'][number], components: Components) {
  const codec = components.codecs.find(({ type }) => type === decode.type)
  return codec?.fieldNames(decode.options as never, codecInput(time, payloadTags, sequence)) ?? []
}

/** Only where every input of the source declares its fields: others may bring any. */
function undeclared(source: SourcePlan, of: readonly DerivedInput[], components: Components): string[] {
  if (source.derives || !source.inputs.every((input) => fieldsOf(input, components).length > 0)) return []
  const declared = declaredFields(source, components)
  const missing = of.filter((input) => input.source === source.name && !declared.includes(input.field))
  return [...new Set(missing.map(({ field }) => field))].map(
    (field) => `source ${source.name}: it declares no field ${field}, so that nothing will be derived from it`,
  )
}
