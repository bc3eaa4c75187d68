import type { GenericSchema } from 'valibot'
import type { CodecComponent } from './codec.js'
import type { Kernel, StateKind } from './kernel.js'
import type { ReductionPlan } from './plan.js'
import type { Format, SinkComponent } from './sink.js'
import type { SourceComponent } from './source.js'

/** Everything that a configuration may name: the registries, bundled in src/components.ts. */
export interface Components {
  readonly sources: readonly SourceComponent[]
  readonly codecs: readonly CodecComponent[]
  readonly framings: readonly Described[]
  readonly kernels: readonly Kernel[]
  readonly states: readonly StateKind[]
  readonly formats: readonly Format[]
  readonly sinks: readonly SinkComponent[]
  /** A reduction as the user writes it, such as `mean` or `quantile(0.99)`; a problem's text when there is none. */
  reduction(text: string): ReductionPlan[] | string
}

/** What the documentation reads of a component that the configuration does not check itself. */
export interface Described {
  readonly type: string
  readonly summary: string
  readonly options?: Record<string, GenericSchema>
}
