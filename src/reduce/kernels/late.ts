import type { Kernel } from '../../model/kernel.js'

/** Rows that came after the end. */
export const late: Kernel = {
  name: 'late',
  family: 'quality',
  state: 'rows',
  summary: 'samples that came after the window’s end',
  source: 'rows behind the watermark',
  arguments: [],
  integer: true,
  parts: 'sum',
  unit: () => '',
  reference: (_values, _timesUs, _args, pane) => pane!.late,
  tolerance: () => 0,
}
