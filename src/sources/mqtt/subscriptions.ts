import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Log } from '../../model/log.js'

/** QoS by filter, as last asked for; ASKED: asked for, but the broker's answer was not seen. */
export type Subscriptions = Record<string, number>

export const ASKED = -1

const file = v.object({
  version: v.literal(1),
  clients: v.record(v.string(), v.record(v.string(), v.number())),
})

/**
 * What each client id has subscribed to at its broker, in `subscriptions.json` of the state directory: a persistent
 * session keeps subscriptions that are no longer configured, and only we know that we made them. A file that can't be
 * read counts as empty.
 */
export class SubscriptionFile {
  readonly #path: string

  constructor(
    readonly stateDir: string,
    readonly log: Log,
  ) {
    this.#path = join(stateDir, 'subscriptions.json')
  }

  /** The subscriptions of a client at a broker. */
  read(client: string): Subscriptions {
    return this.#load()[client] ?? {}
  }

  /** Puts them down; whole or not at all. Synchronous, so that sources that share the file don't undo each other. */
  write(client: string, subscriptions: Subscriptions): void {
    const clients = this.#load()
    clients[client] = subscriptions
    if (Object.keys(subscriptions).length === 0) delete clients[client]
    try {
      mkdirSync(this.stateDir, { recursive: true })
      writeFileSync(`${this.#path}.new`, `${JSON.stringify({ version: 1, clients }, null, 2)}\n`, { flush: true })
      renameSync(`${this.#path}.new`, this.#path)
    } catch (error) {
      this.log.warn(
        { error, path: this.#path },
        'cannot keep the list of subscriptions; removed topics may go on arriving',
      )
    }
  }

  #load(): Record<string, Subscriptions> {
    try {
      return { ...v.parse(file, JSON.parse(readFileSync(this.#path, 'utf8'))).clients }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.log.warn({ error, path: this.#path }, 'cannot read the list of subscriptions; it starts anew')
      return {}
    }
  }
}
