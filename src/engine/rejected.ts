import { appendFile, mkdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../model/clock.js'
import { reasonOf } from '../model/errors.js'
import type { Log } from '../model/log.js'

export interface RejectedOptions {
  name: string
  clock: Clock
  log: Log
  rejectedDir?: string
  /** Default 64 MiB. */
  maxRejectedBytes?: number
}

/** Files of a sink's refused lines, oldest first: the server's words, a tab and the line, each. */
export function rejectedFiles(dir: string, sink: string): [old: string, now: string] {
  const path = join(dir, `${encodeURIComponent(sink)}.rejected`)
  return [`${path}.old`, path]
}

const KEPT = 100
const SAID_A_MINUTE = 5

/** What a server refused, with its words: the last lines in memory, and all in a bounded file where a folder is given. */
export class Rejected {
  readonly last: { why: string; line: string }[] = []
  readonly #o: RejectedOptions
  #said = 0
  #minute = Number.NEGATIVE_INFINITY
  #fileFails = false

  constructor(options: RejectedOptions) {
    this.#o = options
  }

  /** Keeps one line; the first few a minute are logged. Never rejects. */
  async keep(why: string, line: string): Promise<void> {
    this.last.push({ why, line })
    if (this.last.length > KEPT) this.last.shift()
    this.#say(why, line)
    try {
      await this.#write(`${why.replace(/\s+/g, ' ')}\t${line}\n`)
      this.#fileFails = false
    } catch (error) {
      if (!this.#fileFails)
        this.#o.log.error({ sink: this.#o.name }, `sink ${this.#o.name}: cannot keep refused lines: ${reasonOf(error)}`)
      this.#fileFails = true
    }
  }

  #say(why: string, line: string): void {
    const minute = Math.floor(this.#o.clock.monotonicMs() / 60_000)
    if (minute !== this.#minute) this.#said = 0
    this.#minute = minute
    if (this.#said++ < SAID_A_MINUTE)
      this.#o.log.warn({ sink: this.#o.name, line: line.slice(0, 256) }, `sink ${this.#o.name}: line refused: ${why}`)
  }

  // Two files of half the bound each: the older one goes when the newer is full.
  async #write(record: string): Promise<void> {
    const { name, rejectedDir, maxRejectedBytes = 64 * 2 ** 20 } = this.#o
    if (rejectedDir === undefined) return
    await mkdir(rejectedDir, { recursive: true })
    const [old, path] = rejectedFiles(rejectedDir, name)
    const size = await stat(path).then(
      (s) => s.size,
      () => 0,
    )
    if (size > 0 && size + record.length > maxRejectedBytes / 2) await rename(path, old)
    await appendFile(path, record)
  }
}
