import { type Logger, pino } from 'pino'
import type { LogLevel } from './log-levels.js'
import { createPaint, type Paint } from './paint.js'
import { prioritized } from './systemd-journal.js'

/** Where log lines go: stderr, or a test's own. */
export interface LogOutput {
  write(line: string): unknown
}

/**
 * The log of the process: JSON lines for programs, or what `form` makes of each. Lines are written at once, so that none
 * is lost when the process ends.
 */
export function createLog(level: LogLevel, output: LogOutput, form?: (line: string) => string): Logger {
  const destination = form ? { write: (line: string) => output.write(form(line)) } : output
  return pino({ level, base: undefined, formatters: { level: (label) => ({ level: label }) } }, destination)
}

const plain = createPaint(false)

/** One JSON line of the log as `12:00:01.250 warn  message  name=value`. */
export function readableLine(line: string, paint: Paint = plain): string {
  const { level, time, text } = partsOf(line, paint)
  const at = new Date(Number(time)).toISOString().slice(11, 23)
  return `${paint.dim(at)} ${levelText(level, paint)} ${text}\n`
}

/** One JSON line of the log as systemd's journal takes it: `<4>message  name=value`; time and level are the journal's own. */
export function journalLine(line: string): string {
  const { level, text } = partsOf(line, plain)
  return prioritized(text, level)
}

function partsOf(line: string, paint: Paint): { level: string; time: unknown; text: string } {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>
  const words = Object.entries(fields).map(([name, value]) => `${name}=${valueText(value)}`)
  const stack = (err as { stack?: string } | undefined)?.stack
  const text = `${msg ?? ''}${words.length ? `  ${paint.dim(words.join(' '))}` : ''}${stack ? `\n${stack}` : ''}`
  return { level: String(level), time, text }
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
