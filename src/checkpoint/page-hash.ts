import { instantiateKernels } from '../memory/modules.js'

/** Behind the module's own constants. */
const AT = 48 * 1024

let made: ((bytes: Uint8Array) => bigint) | undefined

/** The hash of a page's bytes, as `changedPages` makes it: short of a multiple of 32, zeros follow. Made once. */
export function pageHasher(): (bytes: Uint8Array) => bigint {
  made ??= makeHasher()
  return made
}

function makeHasher(): (bytes: Uint8Array) => bigint {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  const kernels = instantiateKernels(memory, 'kernels-unshared')
  const u8 = new Uint8Array(memory.buffer)
  return (bytes) => {
    const end = AT + Math.ceil(bytes.length / 32) * 32
    u8.set(bytes, AT)
    u8.fill(0, AT + bytes.length, end)
    const hash = BigInt.asUintN(64, kernels.pageHash(AT, end))
    return hash === 0n ? 1n : hash
  }
}
