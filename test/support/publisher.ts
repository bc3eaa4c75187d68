import mqtt, { type IClientOptions } from 'mqtt'
import type { Scope } from './weir.js'

/** A sender of messages to a broker. */
export interface Publisher {
  /** Sends a message; text and bytes as they are, anything else as JSON. Resolves when it is out, or acknowledged with QoS 1. */
  send(topic: string, payload: unknown, options?: { qos?: 0 | 1; retain?: boolean }): Promise<void>
}

/** Connects a client of its own; it ends with the test. */
export async function publisher(t: Scope, url: string, options: IClientOptions = {}): Promise<Publisher> {
  const client = await mqtt.connectAsync(url, { ...options, reconnectPeriod: 0 })
  client.on('error', () => {})
  t.after(() => client.endAsync(true))
  return {
    async send(topic, payload, options) {
      const raw = typeof payload === 'string' || Buffer.isBuffer(payload)
      await client.publishAsync(topic, raw ? payload : JSON.stringify(payload), options)
    },
  }
}
