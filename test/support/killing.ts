// A weir that is killed again and again while messages of QoS 1 flow into it, and what its database must hold in the end.
import { setTimeout as after } from 'node:timers/promises'
import { draws } from './orders.js'
import { type Host, startPlant } from './plant.js'
import type { Scope } from './weir.js'

export interface Killing {
  kills: number
  /** Messages a second. */
  rateHz: number
  seed: number
  durability: 'process' | 'power'
  /** What weir runs in; a process of its own unless given. */
  host?: Host
}

export interface Outcome {
  kills: number
  messages: number
  seconds: number
  /** What is not as it must be, in words. */
  wrong: string[]
}

/** Kills it at random moments, also while it starts or stops; then lets it work to the end. */
export async function killing(t: Scope, { kills, rateHz, seed, durability, host: given }: Killing): Promise<Outcome> {
  const fromMs = performance.now()
  const random = draws(seed)
  const { host, load, end } = await startPlant(t, { rateHz, config: { durability }, ...(given && { host: given }) })
  for (let i = 0; i < kills; i++) {
    // Three in ten while it starts, or takes up what the one before left.
    await after(random() < 0.3 ? random() * 800 : 500 + random() * 1500)
    await host.kill(random() < 0.2 ? random() * 200 : undefined)
  }
  const wrong = await end()
  await host.stop()
  return { kills, messages: load.sent, seconds: Math.round((performance.now() - fromMs) / 100) / 10, wrong }
}
