import { connectAsync } from 'mqtt'

/** A message of a simulated sensor. */
export interface DemoMessage {
  topic: string
  payload: string
}

/** The machines of the demo. */
export const MACHINES = ['press-1', 'press-2', 'lathe-1'] as const

const RATE_HZ = 1000
const SAMPLES = 100
const TICK_MS = 100
/** Time for whoever starts with the devices to subscribe. */
const SETTLE_MS = 250

/**
 * What the machines say in tick `tick`, which begins at `timeMs`: vibration each tick, power every second one, a
 * temperature every fifth. The same tick and time give the same messages.
 */
export function messagesOf(tick: number, timeMs: number): DemoMessage[] {
  return MACHINES.flatMap((machine, m) => {
    // Each machine works in strokes of its own length; load is 0 to 1.
    const period = [20, 28, 36][m]
    const seconds = tick * (TICK_MS / 1000)
    const load = 0.5 - 0.5 * Math.cos((2 * Math.PI * (seconds + 7 * m)) / period)
    const noise = (channel: number) => hashNoise(tick * 64 + channel * 8 + m)
    const messages: DemoMessage[] = [{ topic: `demo/${machine}/vibration`, payload: vibration(tick, timeMs, m, load) }]
    if (tick % 2 === m % 2) {
      const watts = 350 + 900 * m + 2600 * load + 60 * noise(1)
      const meter = { watts: round(watts, 1), amps: [round(watts / 230, 2), 0, 0] }
      messages.push({ topic: `demo/${machine}/power`, payload: JSON.stringify({ at: timeMs, meter }) })
    }
    if (tick % 5 === m) {
      const celsius = 38 + 9 * m + 6 * Math.sin((2 * Math.PI * seconds) / (period * 3)) + 0.3 * noise(2)
      messages.push({ topic: `demo/${machine}/temperature/celsius`, payload: celsius.toFixed(2) })
    }
    return messages
  })
}

/** An array of acceleration in g: one turn of the shaft, its harmonic, and noise that grows with load. */
function vibration(tick: number, timeMs: number, machine: number, load: number): string {
  const hz = 23 + 6 * machine
  const acceleration = Array.from({ length: SAMPLES }, (_, i) => {
    const turn = (2 * Math.PI * hz * (tick * SAMPLES + i)) / RATE_HZ
    const shake =
      0.4 * Math.sin(turn) + 0.15 * Math.sin(3 * turn) + 0.5 * hashNoise(tick * SAMPLES + i + machine * 7919)
    return round((0.2 + load) * shake, 4)
  })
  return JSON.stringify({ t: timeMs, acceleration })
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}

/** Noise in -1 to 1 that is the same each time: an integer hash. */
function hashNoise(n: number): number {
  let h = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) | 0) / 2 ** 31
}

/** Devices that publish until stopped. */
export interface Devices {
  stop(): Promise<void>
}

/**
 * Connects the simulated devices to the broker and lets them publish, at QoS 0, from the next whole second on, so that
 * their first window is a whole one.
 */
export async function startDevices(brokerUrl: string): Promise<Devices> {
  const client = await connectAsync(brokerUrl, { clientId: 'weir-demo-devices' })
  const startMs = Math.ceil((Date.now() + SETTLE_MS) / 1000) * 1000
  let tick = 0
  const timer = setInterval(() => {
    // Ticks lie on a grid, so that the arrays follow each other without gap or overlap however late the timer is.
    for (let nowMs = Date.now(); startMs + (tick + 1) * TICK_MS <= nowMs; tick++)
      for (const { topic, payload } of messagesOf(tick, startMs + tick * TICK_MS)) client.publish(topic, payload)
  }, TICK_MS)
  return {
    async stop() {
      clearInterval(timer)
      await client.endAsync(true)
    },
  }
}
