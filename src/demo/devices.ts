import { connectAsync } from 'mqtt'
import { TICK_MS } from './machines.js'
import type { SerialLine } from './serial-line.js'
import { Simulation } from './simulation.js'

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

/** Time for whoever starts with the devices to subscribe. */
const SETTLE_MS = 50

/**
 * Connects the simulated devices and lets them speak, over MQTT at QoS 0 and over the serial line, from the next whole
 * second on: weir writes no window that began before it did, and would count what came in that as lost.
 */
export async function startDevices({ brokerUrl, line, pace, onNote }: Stage): Promise<Devices> {
  const client = await connectAsync(brokerUrl, { clientId: 'weir-demo-devices' })
  const simulation = new Simulation(Math.ceil((Date.now() + SETTLE_MS) / 1000) * 1000, pace)
  const timer = setInterval(() => {
    // Ticks lie on a grid, so that the arrays follow each other without gap or overlap however late the timer is.
    while (simulation.dueMs <= Date.now()) {
      const step = simulation.step()
      for (const { topic, payload } of step.messages) client.publish(topic, payload)
      line.write(step.line)
      for (const note of step.notes) onNote(note)
    }
  }, TICK_MS)
  return {
    async stop() {
      clearInterval(timer)
      await client.endAsync(true)
    },
  }
}
