import { SLACK_BYTES } from '../../assembly/layout.js'
import type { Arena } from '../model/codec.js'
import { WeirError } from '../model/errors.js'

const ALIGN_BYTES = 16

/** An arena in [start, end) of a memory; nothing in it is ever freed. */
export class MemoryArena implements Arena {
  readonly memory: WebAssembly.Memory
  readonly u8: Uint8Array
  readonly u32: Uint32Array
  readonly f64: Float64Array
  #next: number
  readonly #end: number

  constructor(memory: WebAssembly.Memory, start: number, end: number) {
    this.memory = memory
    this.u8 = new Uint8Array(memory.buffer)
    this.u32 = new Uint32Array(memory.buffer)
    this.f64 = new Float64Array(memory.buffer)
    this.#next = Math.ceil(start / ALIGN_BYTES) * ALIGN_BYTES
    this.#end = end
  }

  alloc(bytes: number): number {
    const address = this.#next
    const next = address + Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES
    if (next > this.#end)
      throw new WeirError(
        'WEIR_CONFIG',
        `cannot keep the plan in memory: it needs ${next - this.#end} bytes more than its region has; raise maxMemory or declare fewer fields and topics`,
      )
    this.#next = next
    this.u8.fill(0, address, next)
    return address
  }

  text(text: string): { address: number; bytes: number } {
    const encoded = new TextEncoder().encode(text)
    const address = this.alloc(encoded.length + SLACK_BYTES)
    this.u8.set(encoded, address)
    return { address, bytes: encoded.length }
  }
}
