import { processEnvironment } from '../config/environment.js'
import { interpolate } from '../config/interpolate.js'

/** Names of the credentials that a configuration asks for by `${credential:NAME}`, each once, in their order. */
export function credentialNames(document: unknown): string[] {
  const { written } = interpolate(document ?? {}, processEnvironment({ offline: true }))
  const found = new Set<string>()
  for (const text of written.values())
    for (const [, escaped, name] of text.matchAll(/(\$?)\$\{credential:([\w.@-]+)\}/g)) if (!escaped) found.add(name)
  return [...found]
}
