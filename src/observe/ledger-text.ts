import { imbalance } from '../model/ledger.js'
import type { Status } from '../model/status.js'
import { alignedLines, countText } from './text-table.js'

interface Row {
  name: string
  ledger: object
}

/**
 * The ledger as a small table for people: a block each for frames, samples and points, the columns that are zero
 * everywhere left out, and at the end whether it balances.
 */
export function ledgerText(status: Status): string {
  const frames = status.sources.map(({ name, frames }) => ({ name, ledger: frames }))
  const samples = status.sources.map(({ name, samples }) => ({ name, ledger: samples }))
  const points = status.sinks.map(({ name, points }) => ({ name, ledger: points }))
  const lost = status.sources.filter((source) => source.lostBytes > 0)
  const lines = [
    ...block('frames', frames, 2),
    ...block('samples', samples, 2),
    ...block('points', points, 2),
    ...lost.map(({ name, lostBytes }) => `${name}: ${countText(lostBytes)} bytes lost before they were frames`),
    ...windowLosses(status),
    ...balanceLines(status),
  ]
  return `${lines.join('\n')}\n`
}

/**
 * What windows did not take though another took it: a sample is `reduced` once any window has it, so the table does not
 * tell.
 */
function windowLosses({ sources, windows }: Status): string[] {
  const told = (why: 'late' | 'rejected' | 'lost') => sources.reduce((sum, { samples }) => sum + samples[why], 0)
  return windows.flatMap((window) => {
    const more = (['late', 'rejected', 'lost'] as const).filter((why) => window[why] > told(why))
    if (more.length === 0) return []
    const counts = more.map((why) => `${countText(window[why])} ${why}`).join(', ')
    const remedy = more.includes('rejected') ? '; raise `maxMemory`, or `maxRows` where it keeps samples' : ''
    return [`window ${window.name} went without samples that others took: ${counts}${remedy}`]
  })
}

function block(title: string, rows: readonly Row[], always: number): string[] {
  if (rows.length === 0) return []
  const keys = Object.keys(rows[0].ledger)
  const count = (row: Row, key: string) => (row.ledger as Record<string, number>)[key]
  const shown = keys.filter((key, i) => i < always || rows.some((row) => count(row, key) !== 0))
  return alignedLines([
    [title, ...shown.map(words)],
    ...rows.map((row) => [`  ${row.name}`, ...shown.map((key) => countText(count(row, key)))]),
  ])
}

function words(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** `balances`, or a line for each account that does not. */
export function balanceLines(status: Status): string[] {
  const off = [
    ...status.sources.flatMap(({ name, frames, samples }) => [
      { what: `frames of ${name}`, by: imbalance.frames(frames) },
      { what: `samples of ${name}`, by: imbalance.samples(samples) },
    ]),
    ...status.sinks.map(({ name, points }) => ({ what: `points of ${name}`, by: imbalance.points(points) })),
  ].filter(({ by }) => by !== 0)
  if (off.length === 0) return ['balances']
  return off.map(({ what, by }) =>
    by > 0
      ? `does not balance: ${what}: ${countText(by)} not accounted for`
      : `does not balance: ${what}: ${countText(-by)} accounted for twice`,
  )
}
