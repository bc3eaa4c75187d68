import { readFileSync, statSync } from 'node:fs'
import { availableParallelism, hostname } from 'node:os'

/** What a configuration takes from the world around it; `parseConfig` reads nothing else. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Directory of `${credential:NAME}`. */
  readonly credentialsDir?: string
  /** Placeholders are taken without reading anything. */
  readonly offline?: boolean
  /** Default of `gateway`. */
  readonly hostname: string
  /** For `workers: auto`. */
  readonly cores: number
  /** Text of a file. Throws when it can't be read. */
  readText(path: string): string
  /** A program listens to the points itself: windows without a sink are allowed. */
  readonly pointsTaken?: boolean
}

const SECRET_FILE_MAX_BYTES = 65536

/** This process's environment; what is given replaces its parts. */
export function processEnvironment(given: Partial<Environment> = {}): Environment {
  const env = given.env ?? process.env
  return {
    env,
    credentialsDir: env.CREDENTIALS_DIRECTORY,
    hostname: hostname(),
    cores: availableParallelism(),
    readText: readSmallText,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  }
}

function readSmallText(path: string): string {
  const stat = statSync(path)
  if (!stat.isFile()) throw new Error('not a file')
  if (stat.size > SECRET_FILE_MAX_BYTES) throw new Error(`longer than ${SECRET_FILE_MAX_BYTES} bytes`)
  return readFileSync(path, 'utf8')
}
