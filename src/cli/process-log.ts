import type { Logger } from 'pino'
import { createLog, journalLine, type LogOutput, readableLine } from '../observe/log.js'
import type { LogLevel } from '../observe/log-levels.js'
import { coloursWanted, createPaint } from '../observe/paint.js'
import { leadsToJournal } from '../observe/systemd-journal.js'

const STDERR = 2

/**
 * The log of this process: readable lines when stderr is a terminal, lines with a priority when it is systemd's journal,
 * else JSON. `output` stands in for stderr.
 */
export function processLog(level: LogLevel, output: LogOutput = process.stderr): Logger {
  if (leadsToJournal(STDERR, process.env)) return createLog(level, output, journalLine)
  if (!process.stderr.isTTY) return createLog(level, output)
  const paint = createPaint(coloursWanted(process.stderr, process.env))
  return createLog(level, output, (line) => readableLine(line, paint))
}
