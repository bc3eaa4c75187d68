import type { Clock } from '../model/clock.js'
import type { Status } from '../model/status.js'
import { countText } from '../observe/text-table.js'

const MAX_CHARACTERS = 200

/**
 * Makes a function that says in a line what a gateway does, with its rate since the line before, or its first alarm: for
 * `systemctl status`.
 */
export function createStatusLine(clock: Clock): (status: Status) => string {
  let before: { frames: number; atMs: number } | undefined
  return (status) => {
    const now = { frames: status.sources.reduce((sum, { frames }) => sum + frames.in, 0), atMs: clock.monotonicMs() }
    const seconds = before ? (now.atMs - before.atMs) / 1000 : 0
    const rate = before && seconds > 0 ? `${countText(Math.round((now.frames - before.frames) / seconds))} msg/s` : ''
    before = now
    const up = status.sinks.length > 0 && status.sinks.every(({ state }) => state === 'up')
    const parts = [`${countText(status.series)} series`, rate, up ? 'sinks up' : '']
    return oneLine(status.alarms[0] ?? parts.filter(Boolean).join(', '))
  }
}

/** A line break would begin another message to the service manager, with whatever words came from outside. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to take out
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
  return plain.length > MAX_CHARACTERS ? `${plain.slice(0, MAX_CHARACTERS - 1)}…` : plain
}
