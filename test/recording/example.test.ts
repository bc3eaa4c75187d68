import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { folderWith, weir } from '../support/weir.js'

const root = resolve(import.meta.dirname, '../../..')
const vector = (name: string) => join(root, 'test/vectors/recordings', name)
const recording = vector('demo.rec.gz')

const config = `
sources:
  plant:
    type: mqtt
    url: mqtt://127.0.0.1:1
    topics:
      - { topic: "demo/{machine}/temperature/celsius", time: arrival, decode: { type: number } }
      - { topic: "demo/{machine}/vibration", time: { path: t, unit: ms, rate: 1000 }, decode: { type: json, samples: [acceleration] } }
  pump: { type: serial, path: /dev/null, decode: { type: csv, columns: [flow, pressure, temperature] } }
windows:
  two: { every: 2s, reduce: [count, mean, stddev, rms, kurtosis, last] }
`

test('the example recording gives the points that it always gave', async (t) => {
  const cwd = folderWith(t, { 'weir.yaml': config })
  const { code, stdout, stderr } = await weir(t, ['replay', recording, 'weir.yaml'], { cwd })
  assert.equal(code, 0, stderr)
  assert.equal(stdout, readFileSync(vector('demo.lp'), 'utf8'))
})

test('the configuration of the demo takes every frame of it', async (t) => {
  const cwd = folderWith(t, { 'demo.yaml': (await weir(t, ['demo', '--print-config'])).stdout })
  const { code, stdout, stderr } = await weir(t, ['replay', recording, 'demo.yaml', '--partial'], { cwd })
  assert.equal(code, 0, stderr)
  assert.match(stderr, /plant +459 +459\n +pump +94 +94\n/)
  for (const machine of ['press-1', 'press-2', 'lathe-1']) assert.ok(stdout.includes(`machine=${machine},`))
  assert.match(stdout, /source=pump/)
})
