import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePath, pathName } from '../../src/codecs/json-path.js'

test('paths split at dots, places and quoted keys', () => {
  const paths: [string, (string | number)[]][] = [
    ['temp', ['temp']],
    ['vib.rms', ['vib', 'rms']],
    ['phases[2].power', ['phases', 2, 'power']],
    ['[0][1]', [0, 1]],
    ['["a.b"]', ['a.b']],
    ['params["switch:0"].apower', ['params', 'switch:0', 'apower']],
    ['a["\\"\\u00e4[]"]["x"].y', ['a', '"ä[]', 'x', 'y']],
    ['DS18B20-1.Temperature', ['DS18B20-1', 'Temperature']],
    ['größe in °C', ['größe in °C']],
  ]
  for (const [path, steps] of paths) assert.deepEqual(parsePath(path), steps, path)
})

test('a broken path is told with its place', () => {
  for (const path of [
    '',
    '.a',
    'a.',
    'a..b',
    'a[',
    'a[x]',
    'a[-1]',
    'a]',
    '["a',
    '["a"',
    '["\\x"]',
    'a["b"]c',
    'a[1]b',
    'a"b',
  ])
    assert.match(String(parsePath(path)), /^cannot read the path/, path)
  assert.match(String(parsePath('vib..rms')), /broken at "\.\.rms"/)
})

test('any keys and places survive being written as a path', () => {
  const step = fc.oneof(fc.string(), fc.nat(99999))
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 64 }), (steps) => {
      assert.deepEqual(parsePath(steps.map((one) => `[${JSON.stringify(one)}]`).join('')), steps)
    }),
    { numRuns: 300 },
  )
  assert.equal(typeof parsePath('[1]'.repeat(65)), 'string')
})

test('a path without a name is named by its steps', () => {
  assert.equal(pathName('ENERGY.Power'), 'ENERGY_Power')
  assert.equal(pathName('acc[0]'), 'acc_0')
})
