import type { Timer as MqttTimer } from 'mqtt'
import type { Clock, Timer } from '../../model/clock.js'

/**
 * mqtt.js's keep-alive on the house's clock. While reading is stopped for want of room (`stalled`), no answer to a ping
 * can come in: then pings go on, so that the broker keeps us, but nobody counts the missing answers.
 */
export function keepaliveTimer(clock: Clock, stalled: () => boolean, ping: () => void): MqttTimer {
  const timers = new Map<number, Timer>()
  let made = 0
  return {
    set(f: () => void, everyMs: number): number {
      const id = ++made
      const again = () => {
        timers.set(
          id,
          clock.after(everyMs, () => {
            again()
            if (stalled()) ping()
            else f()
          }),
        )
      }
      again()
      return id
    },
    clear(id: number): void {
      timers.get(id)?.cancel()
      timers.delete(id)
    },
  }
}
