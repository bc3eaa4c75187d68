import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Arena } from '../../src/model/codec.js'

type Asc = {
  main(
    argv: string[],
    options: {
      readFile(name: string, folder: string): string | null
      writeFile(name: string, bytes: Uint8Array | string): void
    },
  ): Promise<{ error: Error | null; stderr: { toString(): string } }>
}

/** Exports of a compiled probe; every argument and outcome is a number. */
export type ProbeExports = Record<string, (...args: number[]) => number>

/**
 * Compiles `assembly/probe/<name>.ts` with the flags of the shipped modules and instantiates it on the memory.
 * `instead` maps files of the module to others that stand in for them. Run from the repository's root.
 */
export async function compileProbe(
  name: string,
  memory: WebAssembly.Memory,
  instead: Record<string, string> = {},
): Promise<ProbeExports> {
  const compiler = 'assemblyscript/asc' // its types don't compile
  const asc: Asc = (await import(compiler)).default
  let wasm: Uint8Array | undefined
  const { error, stderr } = await asc.main(
    [`assembly/probe/${name}.ts`, '--target', 'decode', '--outFile', 'probe.wasm', '--textFile', ''],
    {
      readFile(file, folder) {
        try {
          return readFileSync(join(folder, instead[file] ?? file), 'utf8')
        } catch {
          return null
        }
      },
      writeFile(file, bytes) {
        if (file === 'probe.wasm') wasm = bytes as Uint8Array
      },
    },
  )
  assert.equal(error, null, stderr.toString())
  const module = new WebAssembly.Module(wasm!)
  assert.deepEqual(
    WebAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}`),
    ['env.memory'],
  )
  return new WebAssembly.Instance(module, { env: { memory } }).exports as ProbeExports
}

/** A shared memory with an arena from 1 KiB on that takes all of it. */
export function testArena(pages: number): Arena {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true })
  const u8 = new Uint8Array(memory.buffer)
  let top = 1024
  const alloc = (bytes: number) => {
    const address = top
    top += (bytes + 15) & ~15
    assert.ok(top <= u8.length, 'the test memory is full')
    return address
  }
  return {
    memory,
    u8,
    u32: new Uint32Array(memory.buffer),
    f64: new Float64Array(memory.buffer),
    alloc,
    text(text) {
      const bytes = Buffer.from(text)
      const address = alloc(bytes.length + 64)
      u8.set(bytes, address)
      return { address, bytes: bytes.length }
    },
  }
}
