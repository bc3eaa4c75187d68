/** Levels that `--log-level` and LOG_LEVEL take. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const

/** One of them. */
export type LogLevel = (typeof LOG_LEVELS)[number]
