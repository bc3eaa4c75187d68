import { reasonOf } from '../model/errors.js'
import type { OpenPort } from '../sources/serial/binding.js'
import { openMockPort } from './mock-port.js'
import { openPseudoTerminal } from './pseudo-terminal.js'

/** A serial line with a simulated device at its far end. */
export interface SerialLine {
  /** The port that weir is to open. */
  readonly path: string
  /** What opens it, where the system itself can't. */
  readonly open?: OpenPort
  /** The device speaks; never blocks, what finds no room is dropped. */
  write(text: string): void
  close(): void
}

/** A pseudo-terminal where this system can make one, else a mock, with the reason why. */
export async function openSerialLine(): Promise<{ line: SerialLine; noTerminal?: string }> {
  try {
    return { line: await openPseudoTerminal() }
  } catch (error) {
    return { line: await openMockPort(), noTerminal: reasonOf(error) }
  }
}
