import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { configDoc } from '../../src/config/docs.js'
import { jsonSchema } from '../../src/config/json-schema.js'
import { reductionsDoc } from '../../src/config/reductions-doc.js'
import { kernels } from '../../src/reduce/registry.js'
import { states } from '../../src/reduce/states.js'
import { stubComponents } from '../support/stub-components.js'
import { GENERATED } from '../support/write-docs.js'

test('the committed pages are those of the schemas', () => {
  for (const [file, text] of GENERATED)
    assert.ok(readFileSync(file, 'utf8') === text, `${file.pathname} is old: run node build/test/support/write-docs.js`)
})

test('every key has a row, with what is allowed and its default', () => {
  const doc = configDoc(stubComponents)
  for (const row of [
    '| `batch` | Interval of the tick: how often windows are looked at. | a duration such as 250ms, 10s, 5min, 1h or 7d, at least 5ms, at most 1h | `250ms` |',
    '| `qos` |  | 0 \\| 1 | `0` |',
    '| `password` | Never printed. | text, best given as ${env:NAME} or ${credential:NAME} |  |',
  ])
    assert.ok(doc.includes(row), `${row}\nis not in\n${doc}`)
})

test('every reduction has a row, with its arguments and their bounds, and what becomes of a unit', () => {
  const doc = reductionsDoc(kernels, states)
  for (const { name, example } of kernels)
    assert.ok(doc.includes(`\n| \`${example ?? name}\` | `), `${name} has no row`)
  for (const cells of [
    '| lo: 0 to 1000000 Hz; hi: 0 to 1000000 Hz | °C → °C² | rows | ',
    '| threshold: `>` `>=` `<` `<=` and a number | °C → none | rows | yes | ',
    '| wrap: `none`, `u16`, `u32`; without, `none` | °C → °C/s |',
    '| °C → °C² | moments, 64 bytes | yes | ',
    'g → mm/s |',
  ])
    assert.ok(doc.includes(cells), `${cells}\nis not in\n${doc}`)
})

test('the JSON Schema knows sections, components and unknown keys', () => {
  const { properties, additionalProperties } = jsonSchema(stubComponents) as {
    properties: Record<string, Record<string, unknown>>
    additionalProperties: boolean
  }
  assert.equal(additionalProperties, false)
  assert.deepEqual(Object.keys(properties).slice(-4), ['sources', 'derived', 'windows', 'sinks'])
  const [topical] = (properties.sources.additionalProperties as { oneOf: Record<string, unknown>[] }).oneOf
  assert.deepEqual(topical.required, ['type', 'url', 'topics'])
  const keys = topical.properties as Record<string, unknown>
  assert.deepEqual(keys.type, { const: 'topical' })
  assert.deepEqual(keys.qos, { enum: [0, 1], default: 0 })
  assert.ok('wait' in keys && 'decode' in keys)
})
