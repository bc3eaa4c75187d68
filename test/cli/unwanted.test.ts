import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unwantedFields } from '../../src/cli/unwanted.js'
import { components } from '../../src/components.js'
import { processEnvironment } from '../../src/config/environment.js'
import { parseConfig } from '../../src/config/parse.js'

const unwanted = (windows: object) => {
  const raw = {
    sources: {
      plant: {
        type: 'mqtt',
        url: 'mqtt://localhost',
        topics: [
          { topic: 'a/{device}', decode: { type: 'json', fields: ['temp', 'vib.rms'] } },
          { topic: 'b/{field}', decode: { type: 'number' } },
          { topic: 'c/#', decode: { type: 'json' } },
        ],
      },
    },
    windows,
    sinks: { out: { type: 'file', path: '-' } },
  }
  return unwantedFields(parseConfig(raw, components, processEnvironment({ env: {} })), components)
}

test('declared fields that no window takes are named', () => {
  assert.deepEqual(unwanted({ w: { every: '1s', reduce: ['mean'] } }), [])
  assert.deepEqual(unwanted({ w: { every: '1s', of: { field: 'vib_*' }, reduce: ['mean'] } }), [
    'source plant: no window takes temp; their samples will be counted unmatched',
  ])
  assert.deepEqual(unwanted({ w: { every: '1s', reduce: { temp: ['mean'] } } }), [
    'source plant: no window takes vib_rms; their samples will be counted unmatched',
  ])
})

test('a window for some devices only counts as taking', () => {
  assert.deepEqual(unwanted({ w: { every: '1s', of: { tags: { device: 'x*' } }, reduce: ['mean'] } }), [])
})
