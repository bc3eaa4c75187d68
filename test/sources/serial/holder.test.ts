import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { holdersOf } from '../../../src/sources/serial/holder.js'
import { folderWith } from '../../support/weir.js'

test('who has a file open is named with its number', async (t) => {
  const folder = folderWith(t, { a: '', b: '' })
  const held = openSync(`${folder}/a`, 'r')
  t.after(() => closeSync(held))
  const me = `${readFileSync('/proc/self/comm', 'utf8').trim()} (${process.pid})`
  assert.deepEqual(await holdersOf([`${folder}/a`, `${folder}/b`]), new Map([[`${folder}/a`, [me]]]))
})

test('where there is no /proc nobody is known', async () => {
  assert.deepEqual(await holdersOf(['/dev/ttyUSB0'], '/nowhere'), new Map())
})
