import { fstatSync } from 'node:fs'

/** Whether a file descriptor of this process leads to systemd's journal, as `$JOURNAL_STREAM` (`device:inode`) tells. */
export function leadsToJournal(fd: number, env: Readonly<Record<string, string | undefined>>): boolean {
  const match = /^(\d+):(\d+)$/.exec(env.JOURNAL_STREAM ?? '')
  if (!match) return false
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true })
    return dev === BigInt(match[1]) && ino === BigInt(match[2])
  } catch {
    return false
  }
}

/** syslog's priorities of the log's levels. */
const PRIORITIES: Record<string, number> = { trace: 7, debug: 7, info: 6, warn: 4, error: 3, fatal: 2 }

/** Lines of text, each with the prefix that tells the journal how grave it is, see sd-daemon(3). */
export function prioritized(text: string, level: string): string {
  const lines = text.replace(/\n$/, '').split('\n')
  return lines.map((line) => `<${PRIORITIES[level] ?? PRIORITIES.info}>${line}\n`).join('')
}
