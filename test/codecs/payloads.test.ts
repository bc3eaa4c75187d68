import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { components } from '../../src/components.js'
import { loadConfig } from '../../src/config/load.js'
import type { Plan } from '../../src/model/plan.js'
import { matchTopic, parseTopic, type TopicPattern } from '../../src/sources/mqtt/topics.js'
import { DecodeRig } from '../support/decode-rig.js'

/** What products publish, how it is configured, and the samples that come of it. */
const folder = resolve(import.meta.dirname, '../../../test/vectors/payloads')

const ARRIVAL_US = 1_712_345_678_000_000

/** A payload's outcome as expected.json has it, a line a payload: tags, then `[field, value, time]`. */
interface Outcome {
  tags: Record<string, string>
  samples: [field: string, value: number, time: string][]
  counts: Record<string, number>
}

function decode(plan: Plan, topic: string, payload: string | Uint8Array): Outcome {
  const { inputs, options } = plan.sources[0]
  const { topics } = options as { topics: (string | { topic: string })[] }
  for (const [i, entry] of topics.entries()) {
    const pattern = parseTopic(typeof entry === 'string' ? entry : entry.topic) as TopicPattern
    const match = matchTopic(pattern, topic)
    if (!match) continue
    const rig = new DecodeRig({ input: inputs[i], field: match.field, arrivalUs: ARRIVAL_US }).decode([payload])
    const counts = Object.fromEntries(Object.entries(rig.counts).filter(([, count]) => count > 0))
    const when = (us: number) => (us === ARRIVAL_US ? 'arrival' : new Date(us / 1000).toISOString())
    const samples = rig.samples.map((s): Outcome['samples'][0] => [s.field, s.value, when(s.timeUs)])
    return { tags: match.tags, samples, counts }
  }
  throw new Error(`no topic of the configuration takes ${topic}`)
}

const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

for (const product of readdirSync(folder)) {
  test(`payloads of ${product}`, async () => {
    const read = (name: string) => readFileSync(join(folder, product, name), 'utf8')
    const plan = await loadConfig([join(folder, product, 'weir.yaml')], { components })
    const outcomes = lines(read('payloads.ndjson')).map(({ topic, payload, hex }) =>
      decode(plan, topic, payload ?? Buffer.from(hex, 'hex')),
    )
    assert.deepEqual(outcomes, JSON.parse(read('expected.json')))
  })
}
