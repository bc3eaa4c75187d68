import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describePlan, summarizePlan, windowBytes, windowPanes } from '../../src/config/describe.js'
import { parseConfig } from '../../src/config/parse.js'
import { stubComponents } from '../support/stub-components.js'

const plan = (more: object = {}, window: object = {}) =>
  parseConfig(
    {
      gateway: 'g',
      sources: {
        plant: {
          type: 'topical',
          url: 'mqtt://u:swordfish@localhost',
          password: 'swordfish',
          topics: ['a'],
          time: { path: 'ts', unit: 'iso', zone: 'UTC' },
          decode: { type: 'json' },
          tags: { site: 'x', id: '{.id}' },
        },
      },
      windows: { second: { every: '1s', reduce: ['mean', 'count'], ...window } },
      sinks: { db: { type: 'database', url: 'http://localhost', token: 'swordfish' } },
      ...more,
    },
    stubComponents,
    { env: {}, hostname: 'h', cores: 1, readText: () => '' },
  )

test('worst-case bytes: all series in all panes that can be open, in pages', () => {
  const some = plan()
  // 10 s + 0.5 s + 0.25 s over 1 s, and two; 157 groups of 64, a page each, three pages of group records and a head.
  assert.equal(windowPanes(some.windows[0], some), 13)
  assert.equal(windowBytes(some.windows[0], some, stubComponents), 13 * (1 + 3 + 157) * 4096)
  const dear = plan({ maxSeries: 64 }, { reduce: ['mean', 'skewness'], lateness: '0', every: '1min' })
  assert.equal(windowBytes(dear.windows[0], dear, stubComponents), 3 * (1 + 1 + 3) * 4096)
})

test('the description says what would run, and no secret', () => {
  const text = describePlan(plan(), stubComponents)
  for (const words of [
    'gateway g: batch 250ms',
    'plant (topical)',
    'json, time from ts (iso, UTC), tags site=x, id={.id}',
    'second: every 1s, lateness 10s, takes everything',
    '*: mean, count',
    'to db; at worst 8.2 MiB (13 panes of 10000 series)',
    'db (database)',
  ])
    assert.ok(text.includes(words), `${words}\nis not in\n${text}`)
  assert.doesNotMatch(text, /swordfish|warning/)
  assert.doesNotMatch(JSON.stringify(summarizePlan(plan(), stubComponents)), /swordfish/)
})

test('it warns above maxMemory', () => {
  assert.deepEqual(summarizePlan(plan(), stubComponents).warnings, [])
  assert.match(
    describePlan(plan({ maxMemory: '4MiB' }), stubComponents),
    /warning: the windows may need 8\.2 MiB at worst/,
  )
})
