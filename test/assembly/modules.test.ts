import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const folder = new URL('../../wasm/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.wasm'))

const DATA = 11
const DATA_COUNT = 12
const CODE = 10

/** Ids of a module's sections and their bytes. */
function sections(bytes: Uint8Array): { id: number; body: Uint8Array }[] {
  const found: { id: number; body: Uint8Array }[] = []
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at++]
    let size = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      size |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    found.push({ id, body: bytes.subarray(at, at + size) })
    at += size
  }
  return found
}

test('the modules are built', () => {
  for (const name of ['decode', 'encode', 'tap', 'kernels', 'kernels-unshared'])
    assert.ok(files.includes(`${name}.wasm`), name)
})

for (const file of files) {
  const bytes = readFileSync(new URL(file, folder))

  test(`${file} imports its memory and nothing else`, () => {
    assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), [
      { module: 'env', name: 'memory', kind: 'memory' },
    ])
  })

  test(`${file} has no data that an instantiation would write again`, () => {
    const ids = sections(bytes).map(({ id }) => id)
    assert.ok(ids.includes(CODE))
    assert.ok(!ids.includes(DATA) && !ids.includes(DATA_COUNT))
  })

  test(`${file} never grows its memory`, () => {
    const text = readFileSync(new URL(file.replace('.wasm', '.wat'), folder), 'utf8')
    assert.match(text, /i32\.load/)
    assert.doesNotMatch(text, /memory\.grow/)
  })
}
