import type { Kernel } from '../model/kernel.js'
import type { ReductionPlan } from '../model/plan.js'
import { kernels } from './kernels/index.js'

/** A reduction resolved, or what is wrong with how it is written. */
export type Resolved = { reduction: ReductionPlan } | { problem: string }

/**
 * Resolves a reduction as written, `mean` or `band_rms(10, 1000)`. The suffix names the point's field: letters, digits
 * and dots of the arguments stay, all joined by `_`.
 */
export function resolveReduction(written: string, registry: readonly Kernel[] = kernels): Resolved {
  const refuse = (why: string) => ({ problem: `cannot use \`${written}\`: ${why}` })
  const match = /^\s*([\w]+)\s*(?:\(([^()]*)\))?\s*$/.exec(written)
  if (!match) return refuse('not a reduction; write `name` or `name(number, …)`')
  const kernel = registry.find(({ name }) => name === match[1])
  if (!kernel) return refuse(`unknown reduction; known ones are ${registry.map(({ name }) => name).join(', ')}`)
  const texts = match[2]?.trim() ? match[2].split(',').map((text) => text.trim()) : []
  const wanted = kernel.arguments
  if (texts.length !== wanted.length) {
    const form = wanted.length ? `${kernel.name}(${wanted.map(({ name }) => name).join(', ')})` : kernel.name
    return refuse(`got ${texts.length} arguments, takes ${wanted.length}; write \`${form}\``)
  }
  const values = texts.map((text) => (text === '' ? Number.NaN : Number(text)))
  for (const [i, { name, min, max }] of wanted.entries()) {
    const value = values[i]!
    if (!(Number.isFinite(value) && value >= min && value <= max)) {
      return refuse(`${name} must be a number from ${min} to ${max}; got \`${texts[i]}\``)
    }
  }
  const suffix = [kernel.name, ...texts.map((text) => text.replace(/[^A-Za-z0-9.]/g, ''))].join('_')
  return { reduction: { kernel: kernel.name, arguments: values, suffix } }
}
