import type { Series } from './identities.js'

export type Tags = readonly (readonly [name: string, value: string])[]

/** Series whose tags have the same names, and those with given values of some of them. */
interface Shape {
  names: string[]
  all: Map<Series, Tags>
  /** By names, then by values. */
  indexes: Map<string, { names: string[]; byValues: Map<string, Set<Series>> }>
}

/**
 * One side's series, found by tags: two fit where all tags that both have are equal. An index is made when names are
 * first asked for together, so that finding costs by the sets of names there are, not by the series.
 */
export class Partners {
  readonly #shapes = new Map<string, Shape>()

  add(series: Series, tags: Tags): void {
    const names = tags.map(([name]) => name).sort()
    const key = JSON.stringify(names)
    let shape = this.#shapes.get(key)
    if (!shape) {
      shape = { names, all: new Map(), indexes: new Map() }
      this.#shapes.set(key, shape)
    }
    shape.all.set(series, tags)
    for (const { names, byValues } of shape.indexes.values()) put(byValues, valuesOf(tags, names), series)
  }

  delete(series: Series): void {
    for (const { all, indexes } of this.#shapes.values()) {
      const tags = all.get(series)
      if (!tags) continue
      all.delete(series)
      for (const { names, byValues } of indexes.values()) {
        const values = valuesOf(tags, names)
        const found = byValues.get(values)
        found?.delete(series)
        if (found?.size === 0) byValues.delete(values)
      }
    }
  }

  /** Those that fit, in the order in which they were added for each set of names. */
  find(tags: Tags): Series[] {
    const given = new Set(tags.map(([name]) => name))
    return [...this.#shapes.values()].flatMap((shape) => {
      const names = shape.names.filter((name) => given.has(name))
      return [...(indexOf(shape, names).get(valuesOf(tags, names)) ?? [])]
    })
  }
}

function indexOf(shape: Shape, names: string[]): Map<string, Set<Series>> {
  const key = JSON.stringify(names)
  const known = shape.indexes.get(key)
  if (known) return known.byValues
  const byValues = new Map<string, Set<Series>>()
  for (const [series, tags] of shape.all) put(byValues, valuesOf(tags, names), series)
  shape.indexes.set(key, { names, byValues })
  return byValues
}

function put(byValues: Map<string, Set<Series>>, values: string, series: Series): void {
  const found = byValues.get(values)
  if (found) found.add(series)
  else byValues.set(values, new Set([series]))
}

function valuesOf(tags: Tags, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => tags.find(([own]) => own === name)?.[1]))
}
