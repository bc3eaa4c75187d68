/** One load, and what it may cost. */
export interface Case {
  name: string
  /** Messages a second; 0: as fast as it goes. */
  rate: number
  qos: 0 | 1
  /** load.h tells them. */
  shape: 'object' | 'columns' | 'rows'
  samples: number
  series: number
  /** The broker makes the messages itself and has so many of QoS 1 in flight, never more. */
  strictWindow?: number
  /** Of weir; else `process`, its default. With `power` its state lies on the disk of the temporary folder. */
  durability?: 'memory' | 'power'
  /** Fields that weir and the plain program take. */
  fields: readonly string[]
  /** CPU of weir's whole process, µs: a message, or a sample where messages have several. */
  limitUs?: number
  /** It may cost so many times what another case costs a message in the same run. */
  limitTimes?: { of: string; times: number }
  /** Or so much more than the prototype that only reads and decodes. */
  overPrototypeUs?: number
}

const THREE = ['temp', 'hum', 'bat']
const plain = (name: string, rate: number, qos: 0 | 1, more: Partial<Case> = {}): Case => ({
  name,
  rate,
  qos,
  shape: 'object',
  samples: 1,
  series: 100,
  fields: THREE,
  ...more,
})
const many = (name: string, rate: number, shape: 'columns' | 'rows', limitUs: number): Case =>
  plain(name, rate, 0, { shape, samples: 100, fields: ['temp'], limitUs })

/** In the order of the table. */
export const CASES: readonly Case[] = [
  plain('1k-q0', 1_000, 0, { limitUs: 8 }),
  plain('1k-q1', 1_000, 1),
  plain('10k-q0', 10_000, 0, { limitUs: 1.3, overPrototypeUs: 0.5 }),
  plain('10k-q1', 10_000, 1, { limitUs: 2.2 }),
  plain('10k-q1-strict', 10_000, 1, { strictWindow: 20, limitUs: 14 }),
  plain('10k-q0-memory', 10_000, 0, { durability: 'memory' }),
  plain('10k-q1-memory', 10_000, 1, { durability: 'memory' }),
  plain('10k-q1-power', 10_000, 1, { durability: 'power' }),
  plain('10k-q1-strict-power', 10_000, 1, { strictWindow: 20, durability: 'power' }),
  plain('40k-q0', 40_000, 0, { limitUs: 0.8 }),
  plain('40k-q1', 40_000, 1),
  plain('flat-q0', 0, 0),
  plain('flat-q1', 0, 1),
  many('1k-columns', 1_000, 'columns', 0.12),
  many('10k-columns', 10_000, 'columns', 0.12),
  many('1k-rows', 1_000, 'rows', 0.3),
  many('10k-rows', 10_000, 'rows', 0.3),
  plain('10k-series-10k', 10_000, 0, { series: 10_000, fields: ['temp'] }),
  plain('10k-series-100k', 10_000, 0, {
    series: 100_000,
    fields: ['temp'],
    limitTimes: { of: '10k-series-10k', times: 2 },
  }),
]

/** Why it can't be measured, in words for who asked. */
export class Refusal extends Error {}

/** What `npm run bench pipeline -- WORDS` says. */
export interface Options {
  cases: readonly Case[]
  seconds: number
  /** Runs the plain program too. */
  against: boolean
  profile: boolean
  /** Folder of an older program to compare with. */
  prototype: string | undefined
  /** Writes docs/pipeline.json and docs/pipeline.svg. */
  record: boolean
}

/** Reads the words; throws a Refusal. */
export function optionsOf(words: readonly string[]): Options {
  const options: Options = {
    cases: [],
    seconds: 20,
    against: true,
    profile: false,
    prototype: undefined,
    record: false,
  }
  const chosen = new Set<string>()
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word === '--seconds') options.seconds = Number(words[++i])
    else if (word === '--prototype') options.prototype = words[++i]
    else if (word === '--prof') options.profile = true
    else if (word === '--alone') options.against = false
    else if (word === '--record') options.record = true
    else if (CASES.some(({ name }) => name === word)) chosen.add(word)
    else if (word !== '--json')
      throw new Refusal(
        `cannot run case \`${word}\`: unknown; known ones are ${CASES.map(({ name }) => name).join(', ')}; options: --seconds N, --alone (without the plain program), --prof, --prototype DIR, --record, --json`,
      )
  }
  if (!(options.seconds >= 1)) throw new Refusal('cannot run for `--seconds`: a number from 1 on is needed')
  options.cases = chosen.size > 0 ? CASES.filter(({ name }) => chosen.has(name)) : CASES
  return options
}
