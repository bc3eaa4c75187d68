import { imbalance } from '../model/ledger.js'
import type { Status } from '../model/status.js'
import type { Paint } from '../observe/paint.js'
import { countText } from '../observe/text-table.js'

/** The ledger as a few lines: whether it balances, a line a source and a sink, and alarms. */
export function accountLines(status: Status, paint: Paint): string[] {
  const parts = [
    ...status.sources.map(({ name, frames, samples }) =>
      [
        `${name}: ${countText(frames.in)} frames in`,
        ...fatesOf(frames, 'in', 'decoded'),
        `${countText(samples.decoded)} samples`,
        ...fatesOf(samples, 'decoded', 'reduced'),
      ].join(', '),
    ),
    ...status.sinks.map(({ name, points }) =>
      [`${name}: ${countText(points.emitted)} points`, ...fatesOf(points, 'emitted', 'delivered', true)].join(', '),
    ),
  ]
  return [
    `${paint.dim('ledger')}  ${verdict(status, paint)}`,
    ...parts.map((part) => `  ${part}`),
    ...status.alarms.map((alarm) => paint.red(alarm)),
  ]
}

/** The ledger in one line; an alarm in its place. */
export function accountSummary(status: Status, paint: Paint): string {
  if (status.alarms.length > 0) return paint.red(status.alarms[0])
  const sum = (counts: number[]) => countText(counts.reduce((total, count) => total + count, 0))
  const counts = [
    `${sum(status.sources.map(({ frames }) => frames.in))} frames`,
    `${sum(status.sources.map(({ samples }) => samples.decoded))} samples`,
    `${sum(status.sinks.map(({ points }) => points.emitted))} points`,
    `${sum(status.windows.map(({ corrections }) => corrections))} corrections`,
  ]
  return `${paint.dim('ledger')}  ${verdict(status, paint)}: ${counts.join(', ')}`
}

function verdict(status: Status, paint: Paint): string {
  const off =
    status.sources.some(({ frames, samples }) => imbalance.frames(frames) !== 0 || imbalance.samples(samples) !== 0) ||
    status.sinks.some(({ points }) => imbalance.points(points) !== 0)
  return off ? paint.red('does not balance') : paint.green('balances')
}

/** The counts of a ledger that are not zero; what is as it should be only where `good` is told. */
function fatesOf(ledger: object, total: string, usual: string, tellUsual = false): string[] {
  return Object.entries(ledger)
    .filter(([key, count]) => key !== total && count !== 0 && (tellUsual || key !== usual))
    .map(([key, count]) => `${countText(count)} ${key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`)
}
