import { setTimeout as delay } from 'node:timers/promises'

const LOOK_EVERY_MS = 25

/**
 * Looks again and again until there is an answer, and resolves with it; `undefined` and `false` are none, an error while
 * looking is none yet either. Fails naming `what`, with the last answer or error, when there is none within the bound.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 20_000,
): Promise<T> {
  const endMs = performance.now() + withinMs
  for (;;) {
    let last: unknown
    try {
      const seen = await look()
      if (seen !== undefined && seen !== false) return seen
      last = seen
    } catch (error) {
      last = error
    }
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`, { cause: last })
    await delay(LOOK_EVERY_MS)
  }
}
