import * as v from 'valibot'
import type { CodecComponent } from '../../src/model/codec.js'
import type { Components } from '../../src/model/components.js'
import { bug } from '../../src/model/errors.js'
import type { Kernel } from '../../src/model/kernel.js'
import type { InputPlan } from '../../src/model/plan.js'
import { secret } from '../../src/model/schema.js'
import type { SinkComponent } from '../../src/model/sink.js'
import type { SourceComponent } from '../../src/model/source.js'

const never = () => bug('a stub was run')

interface TopicEntry {
  topic: string
  time?: unknown
  decode?: unknown
  tags?: unknown
}

/** A source with topics that may have inputs of their own, as mqtt has. */
const topical: SourceComponent<{ topics: (string | TopicEntry)[] }> = {
  type: 'topical',
  summary: 'Topics with inputs of their own.',
  options: {
    url: v.pipe(v.string(), v.regex(/^mqtts?:\/\//, 'a URL such as mqtt://localhost')),
    password: v.optional(secret()),
    qos: v.optional(v.picklist([0, 1]), 0),
    topics: v.array(
      v.union([
        v.string(),
        v.strictObject({
          topic: v.string(),
          time: v.optional(v.unknown()),
          decode: v.optional(v.unknown()),
          tags: v.optional(v.unknown()),
        }),
      ]),
    ),
  },
  finite: () => false,
  inputs: ({ topics }, common, parse) => {
    const inputs: InputPlan[] = []
    for (const entry of topics) {
      const own =
        typeof entry === 'string'
          ? undefined
          : parse({ ...entry, decode: entry.decode ?? (common.decode ? undefined : { type: 'json' }) })
      if (typeof own === 'string') return own
      const decode = own?.decode ?? common.decode
      if (!decode) return `cannot read the topic ${JSON.stringify(entry)}: it has no decode`
      inputs.push({
        time: own?.time ?? common.time ?? { kind: 'arrival' },
        decode,
        payloadTags: { ...common.payloadTags, ...own?.payloadTags },
        constantTags: { ...common.constantTags, ...own?.constantTags },
      })
    }
    return inputs
  },
  create: never,
}

/** A finite source. */
const finite: SourceComponent<{ path: string }> = {
  type: 'finite',
  summary: 'A file.',
  options: { path: v.string() },
  finite: () => true,
  inputs: (_, { time = { kind: 'arrival' }, decode, payloadTags, constantTags }) =>
    decode ? [{ time, decode, payloadTags, constantTags }] : 'cannot read the file: decode is missing',
  create: never,
}

const json: CodecComponent<{ samples?: string[] }> = {
  type: 'json',
  summary: 'JSON.',
  options: {
    fields: v.optional(v.union([v.array(v.string()), v.record(v.string(), v.string())])),
    samples: v.optional(v.array(v.string())),
  },
  check: ({ samples }, { hasRate }) =>
    samples && !hasRate ? 'cannot time the samples: one time and no rate; write time: { rate: … }' : undefined,
  compile: never,
  fieldNames: () => [],
}

const database: SinkComponent<{ bucket?: string; org?: string }> = {
  type: 'database',
  summary: 'A database.',
  options: {
    url: v.string(),
    bucket: v.optional(v.string()),
    org: v.optional(v.string()),
    token: v.optional(secret()),
  },
  check: ({ bucket, org }) => (bucket && !org ? 'cannot write to a bucket without `org`; add it' : undefined),
  format: () => 'line',
  finalOnly: () => false,
  create: never,
}

const kernel = (name: string, state: Kernel['state']): Kernel => ({
  name,
  family: 'basic',
  state,
  summary: `${name}.`,
  source: 'none',
  arguments: [],
  integer: false,
  unit: (unit) => unit,
  reference: never,
  tolerance: never,
})

const kernels = [kernel('count', 'moments'), kernel('mean', 'moments'), kernel('skewness', 'tails')]

/** Components that parse and never run. */
export const stubComponents: Components = {
  sources: [topical, finite] as SourceComponent[],
  codecs: [json] as CodecComponent[],
  framings: [],
  kernels,
  states: [
    { name: 'moments', index: 0, slotBytes: 64, costNs: 1, chunked: true },
    { name: 'tails', index: 1, slotBytes: 128, costNs: 1, chunked: true },
  ],
  formats: [{ type: 'line', summary: 'Line protocol.', header: '', encode: never }],
  sinks: [database] as SinkComponent[],
  reduction: (text) =>
    kernels.some(({ name }) => name === text)
      ? [{ kernel: text, arguments: [], suffix: text }]
      : `cannot reduce by "${text}": no such reduction`,
}
