import { SampleClock } from '../../src/clocks/sample-clock.js'

/** A device and its line, as the simulation plays them. Times in seconds of true time from the start. */
export interface Scene {
  seconds: number
  tickRateHz: number
  periodTicks: number
  rows: number
  /** How much the device's clock is fast. */
  driftPpm: number
  /** From the last row to the frame's arrival, seconds, at least 0. */
  delay(random: () => number, at: number): number
  /** Reads come on such a grid, seconds; 0 = at once. */
  grid?: number
  /** What the gateway's clock is ahead of true time, seconds. */
  gateway?(at: number): number
  /** Ticks when the simulation starts. */
  ticks?: number
  /** Seconds from frame to frame, when frames are rarer than their rows fill. */
  every?: number
}

export interface Placement {
  at: number
  /** Event time less the gateway's time of the row, µs, of the first and the last row. */
  firstErrorUs: number
  lastErrorUs: number
  /** Arrival less the gateway's time of the last row, µs. */
  arrivalErrorUs: number
  firstUs: number
  lastUs: number
  stepUs: number
}

const EPOCH_US = 1.8e15

/** The same numbers each time. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
}

export const exponential = (meanSeconds: number) => (random: () => number) => -meanSeconds * Math.log(random())

/** Plays a scene into a clock; what became of each frame. */
export function play(scene: Scene, clock = new SampleClock(scene.tickRateHz), seed = 1): Placement[] {
  const random = randomFrom(seed)
  const { tickRateHz, periodTicks, rows, grid = 0, gateway = () => 0, ticks = 0 } = scene
  const hz = tickRateHz * (1 + scene.driftPpm / 1e6)
  const period = periodTicks / hz
  const every = scene.every ?? rows * period
  const gatewayUs = (at: number) => EPOCH_US + (at + gateway(at)) * 1e6
  const placements: Placement[] = []
  let arrived = 0
  for (let first = 0; first < scene.seconds; first += every) {
    const tick = Math.floor(first * hz)
    const rowAt = (row: number) => (tick + row * periodTicks) / hz
    const lastAt = rowAt(rows - 1)
    let arrival = lastAt + scene.delay(random, lastAt)
    if (grid) arrival = Math.ceil(arrival / grid) * grid
    arrived = Math.max(arrived, arrival)
    const { timeUs, stepUs } = clock.place((ticks + tick) % 2 ** 32, rows, periodTicks, Math.floor(gatewayUs(arrived)))
    placements.push({
      at: lastAt,
      firstErrorUs: timeUs - gatewayUs(rowAt(0)),
      lastErrorUs: timeUs + (rows - 1) * stepUs - gatewayUs(lastAt),
      arrivalErrorUs: gatewayUs(arrived) - gatewayUs(lastAt),
      firstUs: timeUs,
      lastUs: timeUs + (rows - 1) * stepUs,
      stepUs,
    })
  }
  return placements
}
