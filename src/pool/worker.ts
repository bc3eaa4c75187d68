// A pool worker: an instance of the kernels on the shared memory. A task carries only the address of the pool's
// control words; the chunks are claimed from there.
import { workerData } from 'node:worker_threads'
import { instantiateKernels } from '../memory/modules.js'

const kernels = instantiateKernels((workerData as { memory: WebAssembly.Memory }).memory)

export default function work(pool: number): number {
  return kernels.runChunks(pool)
}
