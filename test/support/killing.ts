// A weir that is killed again and again while messages of QoS 1 flow into it, and what came of it in the end.
import { setTimeout as after } from 'node:timers/promises'
import { draws } from './orders.js'
import { type Host, startPlant } from './plant.js'
import type { Scope } from './weir.js'

export interface Killing {
  kills: number
  /** Messages a second. */
  rateHz: number
  seed: number
  durability: 'memory' | 'process' | 'power'
  /** What weir runs in; a process of its own unless given. */
  host?: Host | undefined
  onKill?(n: number): void
  /** How long all may take to be delivered in the end. */
  patienceMs?: number
}

export interface Outcome {
  kills: number
  messages: number
  seconds: number
  /** What is not as it must be, in words. */
  wrong: string[]
}

/** Kills it at random moments, also while it starts or stops; then lets it work to the end. */
export async function killing(t: Scope, options: Killing): Promise<Outcome> {
  const { kills, rateHz, seed, durability, host: given, onKill, patienceMs } = options
  const fromMs = performance.now()
  const random = draws(seed)
  const { host, load, end } = await startPlant(t, { rateHz, config: { durability }, ...(given && { host: given }) })
  for (let i = 0; i < kills; i++) {
    // Three in ten while it starts, or takes up what the one before left.
    await after(random() < 0.3 ? random() * 800 : 500 + random() * 1500)
    await host.kill(random() < 0.2 ? random() * 200 : undefined)
    onKill?.(i + 1)
  }
  const wrong = await end(patienceMs)
  await host.stop()
  return { kills, messages: load.sent, seconds: Math.round((performance.now() - fromMs) / 100) / 10, wrong }
}
