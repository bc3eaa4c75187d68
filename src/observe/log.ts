import { type Logger, pino } from 'pino'
import type { LogLevel } from './log-levels.js'
import { createPaint, type Paint } from './paint.js'

/** Where log lines go: stderr, or a test's own. */
export interface LogOutput {
  write(line: string): unknown
}

/**
 * The log of the process: JSON lines for programs, or single lines for people when a paint is given. Lines are written
 * at once, so that none is lost when the process ends.
 */
export function createLog(level: LogLevel, output: LogOutput, paint?: Paint): Logger {
  const destination = paint ? { write: (line: string) => output.write(readableLine(line, paint)) } : output
  return pino({ level, base: undefined, formatters: { level: (label) => ({ level: label }) } }, destination)
}

const plain = createPaint(false)

/** One JSON line of the log as `12:00:01.250 warn  message  name=value`. */
export function readableLine(line: string, paint: Paint = plain): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>
  const at = new Date(Number(time)).toISOString().slice(11, 23)
  const words = Object.entries(fields).map(([name, value]) => `${name}=${valueText(value)}`)
  const stack = (err as { stack?: string } | undefined)?.stack
  const head = `${paint.dim(at)} ${levelText(String(level), paint)} ${msg ?? ''}`
  return `${head}${words.length ? `  ${paint.dim(words.join(' '))}` : ''}\n${stack ? `${stack}\n` : ''}`
}

function levelText(level: string, paint: Paint): string {
  const text = level.padEnd(5)
  if (level === 'error' || level === 'fatal') return paint.red(text)
  return level === 'warn' ? paint.yellow(text) : text
}

function valueText(value: unknown): string {
  // JSON escapes the control characters that come from outside; they must not reach the terminal.
  return typeof value === 'string' && /^[\w./:@%+,-]+$/.test(value) ? value : JSON.stringify(value)
}
