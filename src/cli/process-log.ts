import type { Logger } from 'pino'
import { createLog, type LogOutput } from '../observe/log.js'
import type { LogLevel } from '../observe/log-levels.js'
import { coloursWanted, createPaint } from '../observe/paint.js'

/** The log of this process: readable lines when stderr is a terminal, else JSON. `output` stands in for stderr. */
export function processLog(level: LogLevel, output: LogOutput = process.stderr): Logger {
  const paint = process.stderr.isTTY ? createPaint(coloursWanted(process.stderr, process.env)) : undefined
  return createLog(level, output, paint)
}
