import { connectAsync } from 'mqtt'
import { type DemoMessage, messagesOf, pumpLine, TICK_MS } from './machines.js'
import type { SerialLine } from './serial-line.js'
import { notesBetween, plightAt } from './story.js'

/** Devices that speak until stopped. */
export interface Devices {
  stop(): Promise<void>
}

/** Where the devices speak, and how fast the story runs. */
export interface Stage {
  brokerUrl: string
  /** The pump's. */
  line: Pick<SerialLine, 'write'>
  pace: number
  /** Told what the simulation does, in words. */
  onNote(text: string): void
}

/** Connects the simulated devices and lets them speak at once: over MQTT at QoS 0, and over the serial line. */
export async function startDevices({ brokerUrl, line, pace, onNote }: Stage): Promise<Devices> {
  const client = await connectAsync(brokerUrl, { clientId: 'weir-demo-devices' })
  const startMs = Math.ceil(Date.now() / TICK_MS) * TICK_MS
  const held: DemoMessage[] = []
  let tick = 0
  const speak = () => {
    const elapsedMs = tick * TICK_MS
    const plight = plightAt(elapsedMs, pace)
    const messages = messagesOf(tick, startMs + elapsedMs, plight)
    const sent = messages.filter((message) => !message.held)
    held.push(...messages.filter((message) => message.held))
    if (!plight.weakRadio) sent.push(...held.splice(0))
    for (const { topic, payload } of sent) client.publish(topic, payload)
    line.write(pumpLine(tick))
    for (const note of notesBetween(elapsedMs - TICK_MS, elapsedMs, pace)) onNote(note)
    tick++
  }
  const timer = setInterval(() => {
    // Ticks lie on a grid, so that the arrays follow each other without gap or overlap however late the timer is.
    while (startMs + (tick + 1) * TICK_MS <= Date.now()) speak()
  }, TICK_MS)
  return {
    async stop() {
      clearInterval(timer)
      await client.endAsync(true)
    },
  }
}
