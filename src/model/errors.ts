/** One thing wrong in a configuration: where, and *cannot do what: why; got; allowed; what to do*. */
export interface Problem {
  /** Path in the file, as `sources.plant.url`; empty for the file itself. */
  path: string
  message: string
}

/** Codes that users and programs may rely on. */
export type ErrorCode = 'WEIR_CONFIG' | 'WEIR_LINK' | 'WEIR_RECORDING' | 'WEIR_DISK' | 'WEIR_STATE' | 'WEIR_BUG'

export class WeirError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.name = new.target.name
  }
}

/** Every problem of a configuration at once; the process ends with exit code 78. */
export class ConfigError extends WeirError {
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super('WEIR_CONFIG', problems.map((p) => (p.path ? `${p.path}: ${p.message}` : p.message)).join('\n'))
    this.problems = problems
  }
}

/** A broker, port, file or database is out of reach; the supervisor tries again. The message holds no secret. */
export class LinkError extends WeirError {
  constructor(message: string, options?: ErrorOptions) {
    super('WEIR_LINK', message, options)
  }
}

/** A recording can't be read, or not to its end. The message names the file and the place in it. */
export class RecordingError extends WeirError {
  constructor(message: string, options?: ErrorOptions) {
    super('WEIR_RECORDING', message, options)
  }
}

/** The file system refused; `reason` is its own code, as ENOSPC. The message names the file and the remedy. */
export class DiskError extends WeirError {
  constructor(
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super('WEIR_DISK', message, options)
  }
}

/** Kept state can't be used: damaged, of a newer version, another gateway's, or in use. The message names file, offset and remedy. */
export class StateError extends WeirError {
  constructor(
    message: string,
    readonly path: string,
    /** Bytes from the start of the file. */
    readonly offset: number,
    options?: ErrorOptions,
  ) {
    super('WEIR_STATE', message, options)
  }
}

/** An invariant of ours broke. */
export function bug(what: string): never {
  throw new WeirError('WEIR_BUG', `${what}; this is a bug in weir, please report it`)
}

/** The words of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
