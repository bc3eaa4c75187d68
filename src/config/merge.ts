import { isMap } from './path.js'

/** Several documents as one: maps merge deeply, anything else is replaced by the later one. The inputs stay as they are. */
export function mergeDocuments(documents: readonly unknown[]): unknown {
  return documents.reduce((merged, next) => (next === null || next === undefined ? merged : merge(merged, next)), {})
}

function merge(earlier: unknown, later: unknown): unknown {
  if (!isMap(earlier) || !isMap(later)) return later
  const merged = new Map(Object.entries(earlier))
  for (const [key, value] of Object.entries(later))
    merged.set(key, merged.has(key) ? merge(merged.get(key), value) : value)
  return Object.fromEntries(merged)
}
