import { codecs } from './codecs/index.js'
import { formats } from './formats/index.js'
import { framings } from './framing/index.js'
import type { Components } from './model/components.js'
import { resolveReduction } from './reduce/names.js'
import { kernels } from './reduce/registry.js'
import { states } from './reduce/states.js'
import { sinks } from './sinks/index.js'
import { sources } from './sources/index.js'

/** Everything that a configuration may name. */
export const components: Components = {
  sources,
  codecs,
  framings,
  kernels,
  states,
  formats,
  sinks,
  reduction: (text) => {
    const resolved = resolveReduction(text, kernels)
    return 'problem' in resolved ? resolved.problem : resolved.reductions
  },
}
