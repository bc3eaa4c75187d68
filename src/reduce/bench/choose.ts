import type { Kernel } from '../../model/kernel.js'
import { resolveReduction } from '../names.js'
import { kernels } from '../registry.js'

/** A reduction to be measured. */
export interface Chosen {
  written: string
  kernel: Kernel
  arguments: readonly number[]
  stateArguments?: readonly number[]
}

/**
 * The reductions that words mean: a family, a kernel (with the arguments of its example) or a reduction as it is written
 * in a configuration. No words mean all. Otherwise what is wrong.
 */
export function choose(words: readonly string[]): Chosen[] | { problem: string } {
  const chosen = new Map<string, Chosen>()
  const families = [...new Set(kernels.map(({ family }) => family))]
  const wanted = words.length ? words : families
  for (const word of wanted) {
    const family = kernels.filter((kernel) => kernel.family === word)
    const named = kernels.filter((kernel) => kernel.name === word)
    const found = family.length ? family : named
    const texts = found.length ? found.map(({ name, example }) => example ?? name) : [word]
    for (const written of texts) {
      const resolved = resolveReduction(written)
      if ('problem' in resolved) return { problem: `${resolved.problem}; families: ${families.join(', ')}` }
      const [reduction] = resolved.reductions
      const kernel = kernels.find(({ name }) => name === reduction!.kernel)!
      chosen.set(written, { written, kernel, arguments: reduction!.arguments, ...statesOf(reduction!) })
    }
  }
  return [...chosen.values()]
}

const statesOf = ({ stateArguments }: { stateArguments?: readonly number[] }) => stateArguments && { stateArguments }
