import {
  WHY_CRC,
  WHY_DEPTH,
  WHY_INVALID_TIME,
  WHY_LENGTH,
  WHY_LIMIT,
  WHY_NO_COUNTER,
  WHY_NO_RATE,
  WHY_NO_TIME,
  WHY_NO_ZONE,
  WHY_SYNTAX,
} from '../../assembly/layout.js'
import type { Clock } from '../model/clock.js'
import type { Log } from '../model/log.js'
import type { BadFrame } from './decoder.js'

const WORDS: Record<number, string> = {
  [WHY_SYNTAX]: 'its syntax is broken',
  [WHY_DEPTH]: 'it is nested too deep',
  [WHY_LIMIT]: 'it holds too many values',
  [WHY_INVALID_TIME]: 'its time cannot be read; compare `time.unit` with the bytes',
  [WHY_NO_ZONE]: 'its time has no zone; set `time.zone`',
  [WHY_NO_RATE]: 'its arrays have no rate; write `time.rate`, in Hz or as a path',
  [WHY_NO_COUNTER]: 'its counter of samples cannot be read; compare `time.counter` with the bytes',
  [WHY_LENGTH]: 'it is longer or shorter than `fields` say',
  [WHY_CRC]: 'its check is wrong',
  [WHY_NO_TIME]: 'it has no time; compare `time.path` with the bytes, or set `or: arrival`',
}

const FIRST = 5
const EVERY_MS = 60_000

/** Says the first few frames of each source that cannot be read, with their bytes, and then one a minute. */
export class BadFrames {
  readonly #said = new Map<string, { times: number; atMs: number }>()

  constructor(
    private readonly log: Log,
    private readonly clock: Clock,
  ) {}

  say(source: string, bad: BadFrame): void {
    const nowMs = this.clock.monotonicMs()
    const said = this.#said.get(source) ?? { times: 0, atMs: Number.NEGATIVE_INFINITY }
    if (said.times >= FIRST && nowMs - said.atMs < EVERY_MS) return
    this.#said.set(source, { times: said.times + 1, atMs: nowMs })
    const text = Buffer.from(bad.bytes).toString('latin1')
    const bytes = /^[\x20-\x7e\t\r\n]*$/.test(text) ? text : `hex ${Buffer.from(bad.bytes).toString('hex')}`
    const why = typeof bad.why === 'string' ? bad.why : (WORDS[bad.why] ?? 'unknown reason')
    this.log.warn({ source, channel: bad.channel, bytes }, `cannot read a frame: ${why}`)
  }
}
