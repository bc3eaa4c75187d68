import { codecInput } from '../model/codec.js'
import type { Components } from '../model/components.js'
import { glob } from '../model/glob.js'
import type { InputPlan, SourcePlan, WindowPlan } from '../model/plan.js'
import { selects } from '../model/selector.js'
import type { Findings } from './findings.js'

/** Rows of the longest segment of a spectrum, and of the shortest, as assembly/signal/ has them. */
const LONGEST_SEGMENT = 4096

/** Notes reductions that want a unit which a field has not, as far as the configuration tells units. */
export function checkUnits(
  windows: readonly WindowPlan[],
  sources: readonly SourcePlan[],
  components: Components,
  findings: Findings,
): void {
  for (const window of windows) {
    const said = new Set<string>()
    for (const { field: pattern, reductions } of window.reduce) {
      for (const { kernel: name } of reductions) {
        const { accepts } = components.kernels.find((kernel) => kernel.name === name) ?? {}
        if (!accepts) continue
        for (const [field, unit] of fieldsOf(window, pattern, sources, components)) {
          const why = accepts(unit)
          const text = `cannot reduce \`${field}\` by \`${name}\`: ${why}`
          if (why && !said.has(text)) findings.add(['windows', window.name, 'reduce'], text)
          said.add(text)
        }
      }
    }
  }
}

/** Fields that a window takes by a pattern and their units, '' where none is told; fields that nothing names are not among them. */
function fieldsOf(
  window: WindowPlan,
  pattern: string,
  sources: readonly SourcePlan[],
  components: Components,
): [field: string, unit: string][] {
  const isTaken = glob(pattern)
  const takes = selects(window.of.map(({ tags: _, ...selector }) => selector))
  return sources.flatMap((source) => {
    const { units, inputs, name } = source
    const all = inputs.flatMap((input) => {
      const codec = components.codecs.find(({ type }) => type === input.decode.type)
      // Others may tell units themselves.
      const declared = codec?.internal ? [] : (codec?.fieldNames(input.decode.options as never, codecOf(input)) ?? [])
      return [...declared, ...Object.keys(units)].map(
        (field) => [field, unitOf(field, input, units)] as [string, string],
      )
    })
    return all.filter(([field]) => isTaken(field) && takes({ source: name, field, tags: [] }))
  })
}

const codecOf = ({ time, payloadTags, sequence }: InputPlan) => codecInput(time, payloadTags, sequence)

function unitOf(field: string, { conditions }: InputPlan, units: Record<string, string>): string {
  const rule = conditions?.calibrate.find((one) => glob(one.field)(field))
  return rule?.unit ?? (Object.hasOwn(units, field) ? units[field]! : '')
}

/** Width of a bin in Hz of each rate that sources tell, for windows with spectra: rate ÷ rows of a segment. */
export function binWidths(window: WindowPlan, sources: readonly SourcePlan[], components: Components): number[] {
  const hasSpectra = window.reduce.some(({ reductions }) =>
    reductions.some(({ kernel }) => components.kernels.find(({ name }) => name === kernel)?.signal),
  )
  if (!hasSpectra) return []
  const takes = selects(window.of.map(({ source }) => ({ ...(source !== undefined && { source }) })))
  const rates = sources
    .filter(({ name }) => takes({ source: name, field: '', tags: [] }))
    .flatMap(({ inputs }) => inputs.flatMap(({ time }) => ('rateHz' in time && time.rateHz ? [time.rateHz] : [])))
  return [...new Set(rates)].map((rateHz) => {
    const rows = window.sizeUs > 0 ? (rateHz * window.sizeUs) / 1e6 : LONGEST_SEGMENT
    return rateHz / Math.min(LONGEST_SEGMENT, 2 ** Math.floor(Math.log2(Math.max(1, rows))))
  })
}
