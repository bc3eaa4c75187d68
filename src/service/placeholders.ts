import { processEnvironment } from '../config/environment.js'
import { interpolate } from '../config/interpolate.js'

/** What a configuration takes from the world around it, each once, in its order. */
export interface Placeholders {
  /** Names of `${credential:NAME}`. */
  credentials: string[]
  /** Paths of `${file:/path}`. */
  files: string[]
  /** Names of `${env:NAME}` without a default. */
  variables: string[]
}

/** The placeholders of a configuration as written. */
export function placeholdersOf(document: unknown): Placeholders {
  const { written } = interpolate(document ?? {}, processEnvironment({ offline: true }))
  const found = { credential: new Set<string>(), file: new Set<string>(), env: new Set<string>() }
  for (const text of written.values())
    for (const [, escaped, kind, name] of text.matchAll(/(\$?)\$\{(credential|file|env):([^}]+)\}/g))
      if (!escaped && !(kind === 'env' && name.includes(':-'))) found[kind as keyof typeof found].add(name)
  return { credentials: [...found.credential], files: [...found.file], variables: [...found.env] }
}
