import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unwantedFields } from '../../src/cli/unwanted.js'
import { components } from '../../src/components.js'
import { processEnvironment } from '../../src/config/environment.js'
import { parseConfig } from '../../src/config/parse.js'
import { ConfigError } from '../../src/model/errors.js'

const meter = {
  type: 'mqtt',
  url: 'mqtt://localhost',
  topics: ['m'],
  decode: { type: 'json', fields: ['volt', 'amp'] },
}
const of = (source: string, field: string) => ({ source, field })
const inputs = [of('meter', 'volt'), of('meter', 'amp')]

const plan = (
  derived: object,
  windows: object = { w: { every: '1s', reduce: ['mean'] } },
  sources: object = { meter },
) =>
  parseConfig(
    { sources, derived, windows, sinks: { out: { type: 'file', path: '-' } } },
    components,
    processEnvironment({ env: {} }),
  )

function problems(derived: object, sources?: object): Record<string, string> {
  try {
    plan(derived, undefined, sources)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return Object.fromEntries(error.problems.map(({ path, message }) => [path, message]))
  }
  return {}
}

test('what is wrong with a derived series is told with its place', () => {
  const found = problems({
    none: { by: ['a'] },
    two: { sum: inputs, ratio: inputs },
    one: { sum: [of('meter', 'volt')] },
    far: { sum: [of('metre', 'volt'), of('derived', 'loup')] },
    glob: { sum: [of('meter', 'volt*'), of('meter', 'amp')] },
    unknown: { sum: inputs, bye: 1 },
    loop: { sum: [of('derived', 'back'), of('meter', 'amp')] },
    back: { sum: [of('derived', 'loop'), of('meter', 'amp')] },
  })
  assert.match(found['derived.none'], /^cannot derive a series: it is one of sum, difference, product, ratio; got none/)
  assert.match(found['derived.two'], /got sum and ratio; write one$/)
  assert.match(found['derived.one.sum'], /allowed: two inputs/)
  assert.match(found['derived.far.sum[0].source'], /cannot find source "metre"; allowed: meter; did you mean `meter`/)
  assert.match(found['derived.far.sum[1].field'], /cannot find derived series "loup"; .*did you mean `loop`/)
  assert.match(found['derived.glob.sum[0].field'], /the name of one field/)
  assert.match(found['derived.unknown.bye'], /no such key.*did you mean `by`/)
  assert.match(found['derived.loop'], /cannot derive a series from itself: loop from back from loop/)
})

test('their source is no other', () => {
  const found = problems({ p: { product: inputs } }, { meter, derived: meter })
  assert.match(found['sources.derived'], /cannot name a source `derived`/)
  assert.deepEqual(plan({}, undefined, { meter, derived: meter }).sources.length, 2)
})

test('a window may choose them by their source only where there are any', () => {
  const windows = { w: { of: { source: 'derived' }, every: '1s', reduce: ['mean'] } }
  assert.equal(plan({ p: { product: inputs } }, windows).windows.length, 1)
  assert.throws(() => plan({}, windows), /cannot find source "derived"/)
})

test('check names derived fields that no window takes, and inputs that their source does not declare', () => {
  const unwanted = (derived: object, field: string) =>
    unwantedFields(plan(derived, { w: { of: { field }, every: '1s', reduce: ['mean'] } }), components)
  assert.deepEqual(unwanted({ p: { product: inputs } }, 'p'), [])
  assert.deepEqual(
    unwanted({ p: { product: inputs }, q: { sum: [of('derived', 'p'), of('meter', 'volt')] } }, 'volt'),
    ['source derived: no window takes q; their samples will be counted unmatched'],
  )
  assert.deepEqual(unwanted({ p: { product: [of('meter', 'volt'), of('meter', 'amps')] } }, 'p'), [
    'source meter: no window takes amp; their samples will be counted unmatched',
    'source meter: it declares no field amps, so that nothing will be derived from it',
  ])
})
