import { hashNoise } from './noise.js'
import type { Plight } from './story.js'
import { VIBRATION_HZ, vibration } from './vibration.js'

/** The machines of the demo that speak MQTT. */
export const MACHINES = ['press-1', 'press-2', 'lathe-1'] as const

/** Machines speak in steps of this length. */
export const TICK_MS = 100

const SAMPLES = (VIBRATION_HZ * TICK_MS) / 1000
/** Each machine works in strokes of its own length, seconds, and turns at its own speed; a lathe runs more evenly. */
const PERIODS_S = [20, 28, 36]
const SHAFTS = [
  { turnsHz: 23, effort: 0.5 },
  { turnsHz: 29, effort: 0.5 },
  { turnsHz: 12.4, effort: 0.15 },
]

/** A message of a simulated sensor. */
export interface DemoMessage {
  topic: string
  payload: string
  /** It waits in the sensor until the radio is good again. */
  held: boolean
}

/**
 * What the machines say in tick `tick`, which begins at `timeMs`: vibration each tick, power every second one, a
 * temperature every fifth. The same tick, time and plight give the same messages.
 */
export function messagesOf(tick: number, timeMs: number, plight: Plight): DemoMessage[] {
  return MACHINES.flatMap((machine, m) => {
    const seconds = tick * (TICK_MS / 1000)
    const load = 0.5 - 0.5 * Math.cos((2 * Math.PI * (seconds + 7 * m)) / PERIODS_S[m])
    const wear = machine === 'lathe-1' ? plight.wear : 0
    const noise = (channel: number) => hashNoise(tick * 64 + channel * 8 + m)
    const messages: DemoMessage[] = []
    const say = (topic: string, payload: string, held = false) =>
      messages.push({ topic: `demo/${machine}/${topic}`, payload, held })

    const acceleration = vibration({ ...SHAFTS[m], seed: m * 7919 }, tick * SAMPLES, SAMPLES, load, wear)
    say('vibration', JSON.stringify({ t: timeMs, acceleration: acceleration.map((g) => round(g, 4)) }))
    if (tick % 2 === m % 2) {
      const stroke = machine === 'press-2' && plight.weakRadio && timeMs % 1000 < 600
      const watts = 350 + 900 * m + 2600 * load + 60 * noise(1) + (stroke ? 4000 : 0)
      const meter = { watts: round(watts, 1), amps: [round(watts / 230, 2), 0, 0] }
      say('power', JSON.stringify({ at: timeMs, meter }), stroke)
    }
    if (tick % 5 === m && !(machine === 'press-1' && plight.silent)) {
      const swing = 3 * Math.sin((2 * Math.PI * seconds) / (PERIODS_S[m] * 3))
      // A housing warms slowly: heat tells of a bearing only when it is nearly gone.
      const celsius = 34 + 5 * m + swing + 43 * wear ** 5 + 0.3 * noise(2)
      say('temperature/celsius', celsius.toFixed(2))
    }
    return messages
  })
}

/** What the pump's logger writes in tick `tick`: flow in l/min, pressure in bar and a temperature in °C, as one line. */
export function pumpLine(tick: number): string {
  const seconds = tick * (TICK_MS / 1000)
  const beat = Math.sin((2 * Math.PI * seconds) / 15)
  const flow = 42 + 4 * beat + 0.6 * hashNoise(tick * 3)
  const pressure = 3.2 - 0.25 * beat + 0.04 * hashNoise(tick * 3 + 1)
  const celsius = 29 + 1.5 * Math.sin((2 * Math.PI * seconds) / 80) + 0.2 * hashNoise(tick * 3 + 2)
  return `${flow.toFixed(2)},${pressure.toFixed(3)},${celsius.toFixed(2)}\n`
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
