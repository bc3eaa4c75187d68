import type { Kernel } from '../../model/kernel.js'

/** Rows taken for repeated. */
export const duplicate: Kernel = {
  name: 'duplicate',
  family: 'quality',
  state: 'rows',
  summary: 'samples that were left out as repeated',
  source: 'rows with a sequence number seen before',
  arguments: [],
  integer: true,
  parts: 'sum',
  unit: () => '',
  reference: (_values, _timesUs, _args, pane) => pane!.duplicate,
  tolerance: () => 0,
}
