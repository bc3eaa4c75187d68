// A pool worker: an instance of the kernels on the shared memory. A task carries only the address of the pool's
// control words; chunks, or series worked ahead, are claimed from there.
import { workerData } from 'node:worker_threads'
import { POOL_AHEAD } from '../../assembly/layout.js'
import { instantiateKernels } from '../memory/modules.js'
import { sharedMs } from './shared-clock.js'

const { memory } = workerData as { memory: WebAssembly.Memory }
const words = new Int32Array(memory.buffer)
const kernels = instantiateKernels(memory)

/** When work on a task began and ended, ms by the clock that all threads share. */
export interface Worked {
  beganMs: number
  endedMs: number
}

export default function work(pool: number): Worked {
  const beganMs = sharedMs()
  if (words[(pool + POOL_AHEAD) >>> 2] === 0) kernels.runChunks(pool)
  else if (kernels.takeSeat(pool)) kernels.runAhead(pool)
  return { beganMs, endedMs: sharedMs() }
}
