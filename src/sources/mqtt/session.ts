import type { ISubscriptionMap, MqttClient } from 'mqtt'
import { LinkError } from '../../model/errors.js'
import type { Log } from '../../model/log.js'
import type { BrokerName } from './broker-error.js'
import type { MqttOptions } from './options.js'
import { ASKED, SubscriptionFile, type Subscriptions } from './subscriptions.js'
import { uncovered } from './topics.js'

/** Brings the subscriptions of a session in line with the configuration. */
export class Session {
  state: 'new' | 'resumed' = 'new'

  constructor(
    readonly name: BrokerName,
    readonly options: MqttOptions,
    readonly stateDir: string,
    readonly host: string,
    readonly version: 4 | 5,
    readonly persistent: boolean,
  ) {}

  /**
   * Subscribes to what is missing and ends what is no longer wanted. In a resumed session the filters that the broker
   * has already are left alone, since asking again would bring their retained messages again.
   * Rejects with a LinkError where the broker refuses a topic.
   */
  async begin(client: MqttClient, filters: readonly string[], present: boolean, log: Log): Promise<void> {
    const file = new SubscriptionFile(this.stateDir, log)
    const key = `${this.name.clientId}@${this.host}`
    const before = file.read(key)
    const { share, qos } = this.options
    const { persistent } = this
    const wanted = uncovered(filters).map((filter) => (share ? `$share/${share}/${filter}` : filter))
    const kept: Subscriptions = present ? before : {}
    this.state = present ? 'resumed' : 'new'
    const missing = wanted.filter((filter) => kept[filter] !== qos)
    const ended = Object.keys(kept).filter((filter) => !wanted.includes(filter))
    const asked = Object.fromEntries(missing.map((filter) => [filter, ASKED]))
    if (persistent && missing.length > 0) file.write(key, { ...kept, ...asked })
    if (ended.length > 0) {
      await client.unsubscribeAsync(ended)
      log.info({ source: this.name.source, topics: ended }, 'subscriptions no longer configured were ended')
    }
    if (missing.length > 0) await this.#subscribe(client, missing)
    const after = Object.fromEntries(wanted.map((filter) => [filter, qos]))
    if (persistent ? missing.length + ended.length > 0 : Object.keys(before).length > 0)
      file.write(key, persistent ? after : {})
  }

  #subscribe(client: MqttClient, filters: string[]): Promise<void> {
    const { qos, share } = this.options
    // "No local" keeps our own status message away; shared subscriptions may not have it.
    const how = this.version === 5 && !share ? { qos, nl: true, rap: false, rh: 0 } : { qos }
    const map = Object.fromEntries(filters.map((filter) => [filter, how])) as ISubscriptionMap
    return new Promise((resolve, reject) => {
      client.subscribe(map, (error, _grants, suback) => {
        if (!error) return resolve()
        const granted = (suback?.granted ?? []) as number[]
        const refused = filters.filter((_, index) => granted[index] >= 128)
        reject(
          new LinkError(
            `source "${this.name.source}" cannot subscribe at ${this.name.url}: ` +
              (refused.length > 0
                ? `the broker refuses ${refused.map((filter) => `"${filter}"`).join(', ')}; check its access list`
                : error.message),
          ),
        )
      })
    })
  }
}
