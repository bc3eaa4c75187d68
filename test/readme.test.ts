import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { emptyFolder, weir } from './support/weir.js'

const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map((match) => match[1])

test('the configurations of the README are good ones', async (t) => {
  const cwd = emptyFolder(t)
  assert.ok(blocks('yaml').length > 0)
  for (const text of blocks('yaml')) {
    writeFileSync(join(cwd, 'weir.yaml'), text)
    const { code, stderr } = await weir(t, ['check', '--offline', 'weir.yaml'], { cwd })
    assert.equal(code, 0, stderr)
  }
})

test('its commands are scripts and commands that exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const [, , name] of readme.matchAll(/npm (run )?([a-z]+)\b/g)) assert.ok(name in scripts, name)
})

test('its links lead somewhere', () => {
  for (const [, path] of readme.matchAll(/\]\((?!http)([^)#]+)/g))
    assert.ok(readFileSync(join(root, path), 'utf8').length > 0, path)
})
