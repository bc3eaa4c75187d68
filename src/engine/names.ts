import type { Naming } from './identities.js'

/** So many are turned into text at once: when they are made, not when all of them are kept. */
const CHUNK = 500

/** What was named since it was last taken, as text: arrays of JSON. */
export class Names {
  readonly #chunks: Uint8Array[] = []
  #open: Naming[] = []
  /** Devices forgotten, of all that was ever added. */
  forgotten = 0

  add(naming: Naming): void {
    if (naming.what === 'forgotten') this.forgotten++
    this.#open.push(naming)
    if (this.#open.length === CHUNK) this.#close()
  }

  take(): Uint8Array[] {
    this.#close()
    return this.#chunks.splice(0)
  }

  #close(): void {
    if (this.#open.length > 0) this.#chunks.push(Buffer.from(JSON.stringify(this.#open)))
    this.#open = []
  }
}

/** All of them as text. */
export function namesOf(namings: Iterable<Naming>): Uint8Array[] {
  const names = new Names()
  for (const naming of namings) names.add(naming)
  return names.take()
}
