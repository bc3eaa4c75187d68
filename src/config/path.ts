/** Where something stands in a configuration: keys and list indexes from the top. */
export type Path = readonly (string | number)[]

/** A path as people write it: `sources.plant.topics[0].decode`; a key with other characters than these in quotes. */
export function pathText(path: Path): string {
  return path
    .map((key, i) => {
      if (typeof key === 'number') return `[${key}]`
      if (!/^[\w-]+$/.test(key)) return `[${JSON.stringify(key)}]`
      return i ? `.${key}` : key
    })
    .join('')
}

/** True for what YAML calls a map. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
