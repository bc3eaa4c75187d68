import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../../..')

test('the C code of docs/firmware.md compiles as it stands', () => {
  const [, code] = /^```c\n(.*?)^```$/ms.exec(readFileSync(`${root}/docs/firmware.md`, 'utf8'))!
  const flags = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-pedantic', '-fsyntax-only', '-I', 'firmware-bridge/c']
  const { status, stderr } = spawnSync('gcc', [...flags, '-x', 'c', '-'], { cwd: root, input: code, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})
