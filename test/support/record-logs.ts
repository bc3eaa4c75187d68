import { Damage } from '../../src/disk/damage.js'
import { type LogOptions, type LogPosition, RecordLog } from '../../src/disk/record-log.js'
import type { Disk } from '../../src/model/disk.js'
import { silent } from '../../src/model/log.js'
import { FakeClock } from './fake-clock.js'

/** A log in `/j`, with the policy of damage and what of it was lost. */
export function openLog(disk: Disk, more: Partial<LogOptions> & { policy?: 'setAside' | 'refuse' } = {}) {
  const { policy = 'setAside', clock = new FakeClock(), ...rest } = more
  const damage = new Damage({ disk, stateDir: '/state', policy, log: silent })
  const lost: { text: string; end: LogPosition }[] = []
  const log = RecordLog.open({
    ...{ disk, dir: '/j', what: 'journal', gateway: 'g', bootId: 'boot', durable: false, clock, log: silent, damage },
    onLost: ({ body, end }) => lost.push({ text: Buffer.from(body).toString(), end }),
    ...rest,
  })
  return { log, damage, lost, clock: clock as FakeClock }
}

/** Appends a record of type 2. */
export const put = (log: RecordLog, ...texts: string[]): boolean =>
  texts.map((text) => log.append(2, [Buffer.from(text)])).every((taken) => taken)

/** The texts of all records from a position on. */
export const texts = (log: RecordLog, from?: LogPosition): string[] =>
  [...log.records(from)].map(({ body }) => Buffer.from(body).toString())
