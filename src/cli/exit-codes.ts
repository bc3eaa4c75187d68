/** Exit codes of the command; programs and service managers rely on them. */
export const EXIT = {
  /** Done, or stopped cleanly by a signal. */
  ok: 0,
  /** It ran and failed, or did not stop in time. */
  failure: 1,
  /** `weir replay --diff` found differences. */
  different: 2,
  /** The command line makes no sense. */
  usage: 64,
  /** The configuration has problems. */
  configuration: 78,
} as const

/** The exit code of a process ended by a signal, as shells count. */
export function signalCode(signal: 'SIGINT' | 'SIGTERM'): number {
  return signal === 'SIGINT' ? 130 : 143
}

/** The exit codes as `--help` tells them. */
export const exitCodesHelp = `
Exit codes:
  0    done, or stopped cleanly by SIGINT or SIGTERM
  1    it ran and failed, or did not stop within stopTimeout
  2    replay --diff found differences
  64   wrong usage
  78   problems in the configuration
  130  ended at once by a second SIGINT
  143  ended at once by a second SIGTERM`
