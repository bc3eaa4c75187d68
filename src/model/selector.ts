import { glob } from './glob.js'
import type { Selector } from './plan.js'

/** What a selector looks at. */
export interface Selectable {
  source: string
  field: string
  tags: readonly (readonly [name: string, value: string])[]
}

/** True for series that any of the selectors takes. A tag asked for must be there. */
export function selects(selectors: readonly Selector[]): (series: Selectable) => boolean {
  const tests = selectors.map((selector) => {
    const source = glob(selector.source ?? '*')
    const field = glob(selector.field ?? '*')
    const tags = Object.entries(selector.tags ?? {}).map(([name, pattern]) => [name, glob(pattern)] as const)
    return (series: Selectable) =>
      source(series.source) &&
      field(series.field) &&
      tags.every(([name, test]) => series.tags.some(([own, value]) => own === name && test(value)))
  })
  return (series) => tests.some((test) => test(series))
}
