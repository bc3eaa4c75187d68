import { join } from 'node:path'
import type { Problem } from '../model/errors.js'
import type { Environment } from './environment.js'
import { isMap, type Path, pathText } from './path.js'

/** A document with its placeholders filled in. */
export interface Interpolated {
  value: unknown
  /** Text as written, by path, of every value that held a placeholder. */
  written: Map<string, string>
  /** Paths of the values that were left unread since we are offline. */
  unread: Set<string>
  /** What was read, with the placeholder that stands for it wherever it must not be shown. */
  read: Map<string, string>
  problems: Problem[]
}

const MAX_DEPTH = 64
const ALLOWED = `allowed: \${env:NAME}, \${env:NAME:-default}, \${file:/path} and \${credential:NAME}; write $\${ for a plain \${`

/**
 * Copies a document as a tree and fills in `${env:NAME}`, `${env:NAME:-default}`, `${file:/path}` and
 * `${credential:NAME}` in its values; the outcome is always text. `$${` stands for `${`. Keys are left alone.
 */
export function interpolate(document: unknown, environment: Environment): Interpolated {
  const outcome: Interpolated = {
    value: undefined,
    written: new Map(),
    unread: new Set(),
    read: new Map(),
    problems: [],
  }
  const above = new Set<object>()

  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return value.includes(`\${`) ? fill(value, path, environment, outcome) : value
    if (typeof value !== 'object' || value === null) return value
    if (above.has(value) || path.length > MAX_DEPTH) {
      outcome.problems.push({
        path: pathText(path.slice(0, 8)),
        message: `cannot read this part: it is nested too deep or holds itself; allowed: ${MAX_DEPTH} levels`,
      })
      return undefined
    }
    above.add(value)
    const copy = Array.isArray(value)
      ? value.map((item, i) => walk(item, [...path, i]))
      : isMap(value) &&
        Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]))
    above.delete(value)
    return copy
  }

  outcome.value = walk(document, [])
  return outcome
}

function fill(text: string, path: Path, environment: Environment, outcome: Interpolated): string {
  const where = pathText(path)
  const fail = (placeholder: string, why: string) => {
    outcome.problems.push({ path: where, message: `cannot fill in ${placeholder}: ${why}` })
    // What depends on the value is not to be complained about as well.
    outcome.unread.add(where)
    return placeholder
  }
  return text.replace(/\$\$\{|\$\{([^}]*)(\}?)/g, (placeholder, inner: string | undefined, end: string) => {
    if (inner === undefined) return `\${`
    outcome.written.set(where, text)
    const match = /^(env|file|credential):(.+)$/.exec(inner)
    if (!match || !end) return fail(placeholder, `no such placeholder; ${ALLOWED}`)
    const outcomeOf =
      match[1] === 'env' ? readVariable(match[2], environment) : readFile(match[1], match[2], environment)
    if (outcomeOf === undefined) {
      outcome.unread.add(where)
      return placeholder
    }
    if ('why' in outcomeOf) return fail(placeholder, outcomeOf.why)
    if (!outcomeOf.plain) outcome.read.set(outcomeOf.text, placeholder)
    return outcomeOf.text
  })
}

/** Text, or why not; undefined: not read, we are offline. */
type Reading = { text: string; plain?: boolean } | { why: string } | undefined

function readVariable(inner: string, environment: Environment): Reading {
  const match = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inner)
  if (!match) return { why: `"${inner}" is no name of a variable; ${ALLOWED}` }
  const [, name, otherwise] = match
  const text = environment.offline ? undefined : environment.env[name]
  if (text) return { text }
  if (otherwise !== undefined) return { text: otherwise, plain: true }
  if (environment.offline) return undefined
  if (text === '') return { text, plain: true }
  return { why: `the environment variable ${name} is not set; set it, or give a default as \${env:${name}:-text}` }
}

function readFile(kind: string, name: string, environment: Environment): Reading {
  if (kind === 'file' && !name.startsWith('/')) return { why: `the path must be absolute; write \${file:/path}` }
  if (kind === 'credential' && !/^[\w.@-]+$/.test(name))
    return { why: `"${name}" is no name of a credential; ${ALLOWED}` }
  if (environment.offline) return undefined
  if (kind === 'credential' && !environment.credentialsDir)
    return {
      why: `$CREDENTIALS_DIRECTORY is not set; run as a systemd service with LoadCredential=, or use \${file:/path}`,
    }
  try {
    const path = kind === 'file' ? name : join(environment.credentialsDir!, name)
    return { text: environment.readText(path).replace(/[\r\n]+$/, '') }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const why = code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'permission denied' : (error as Error).message
    return { why: `${why}; the file must be readable for the user that weir runs as` }
  }
}
