import { declaredFields, type FieldChoice } from '../codecs/fields.js'
import { parsePath, pathName } from '../codecs/json-path.js'
import { ConfigError } from '../model/errors.js'
import type { InputPlan, Plan, TimeUnit } from '../model/plan.js'
import type { MqttOptions } from '../sources/mqtt/options.js'
import { parseTopic, type TopicPattern } from '../sources/mqtt/topics.js'

/** How the messages of one topic entry of the configuration are made; plain data, so that another process can be handed it. */
export interface MessageRecipe {
  qos: 0 | 1
  /** One for each device, which take turns. */
  topics: string[]
  /** Text of the payload around what changes; one piece more than there are places. */
  pieces: string[]
  places: ('value' | 'time' | 'number')[]
  /** Of the time. */
  unit: TimeUnit
}

const ARRAY = 10
/** Where a configuration declares no fields. */
const FIELDS = ['temp', 'hum', 'bat']
/** Stand in the payload until it is cut into pieces. */
const MARKS = { value: '\u0001value', time: '\u0001time', number: '\u0001number' }

/** Recipes for all topics of a plan's MQTT sources. Throws a ConfigError that names those for which there is none. */
export function recipesOf(plan: Plan, devices: number): MessageRecipe[] {
  const problems: { path: string; message: string }[] = []
  const recipes = plan.sources.flatMap(({ name, type, options, inputs }) => {
    if (type !== 'mqtt') return []
    const { topics, qos } = options as MqttOptions
    return topics.flatMap((entry, i): MessageRecipe[] => {
      const pattern = parseTopic(typeof entry === 'string' ? entry : entry.topic) as TopicPattern
      const payload = payloadOf(inputs[i]!)
      if (typeof payload === 'string') {
        problems.push({ path: `sources.${name}.topics[${i}]`, message: payload })
        return []
      }
      return [{ qos: qos as 0 | 1, topics: topicsOf(pattern, devices), ...payload }]
    })
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return recipes
}

/** Topics that the pattern takes: its first wildcard tells the device, the others are the same for all. */
export function topicsOf({ levels }: TopicPattern, devices: number): string[] {
  const first = levels.findIndex((level) => 'wildcard' in level && !level.field)
  return Array.from({ length: first < 0 ? 1 : devices }, (_, device) =>
    levels
      .map((level, i) =>
        'text' in level ? level.text : i === first ? `d${1000 + device}` : level.field ? 'value' : 'x',
      )
      .join('/'),
  )
}

/** A payload that the input can read, or why there is none. */
function payloadOf({ decode, time, payloadTags, sequence }: InputPlan): Omit<MessageRecipe, 'qos' | 'topics'> | string {
  const unit = time.kind === 'path' ? time.unit : 'ms'
  if (decode.type === 'number') return { pieces: ['', ''], places: ['value'], unit }
  if (decode.type !== 'json')
    return `cannot make messages: their format is \`${decode.type}\`; allowed: json, number; measure with another configuration`
  const fields = declaredFields(decode.options as FieldChoice, pathName)
  const wanted = typeof fields === 'string' || fields.length === 0 ? FIELDS.map((path) => ({ path })) : fields
  const payload: Node = {}
  for (const field of wanted)
    place(payload, field.path, 'samples' in field && field.samples ? Array(ARRAY).fill(MARKS.value) : MARKS.value)
  for (const path of Object.values(payloadTags)) place(payload, path, 'x')
  if (sequence) place(payload, sequence.path, MARKS.number)
  if (time.kind === 'path') {
    place(payload, time.path, MARKS.time)
    if (time.ratePath) place(payload, time.ratePath, 100)
  }
  if (time.kind === 'clock' && time.counterPath) place(payload, time.counterPath, MARKS.number)
  const parts = JSON.stringify(payload).split(/"\\u0001(value|time|number)"/)
  return {
    pieces: parts.filter((_, i) => i % 2 === 0),
    places: parts.filter((_, i) => i % 2 === 1) as MessageRecipe['places'],
    unit,
  }
}

type Node = { [key: string | number]: unknown }

function place(root: Node, path: string, value: unknown): void {
  const steps = parsePath(path)
  if (typeof steps === 'string') return
  let node = root
  for (const [i, step] of steps.slice(0, -1).entries())
    node = (node[step] ??= typeof steps[i + 1] === 'number' ? [] : {}) as Node
  node[steps.at(-1)!] = value
}

/** The payload of the n-th message of a recipe at a time in ms. */
export function payloadText({ pieces, places, unit }: MessageRecipe, n: number, nowMs: number): string {
  let text = pieces[0]!
  for (let i = 0; i < places.length; i++) {
    const what = places[i]
    if (what === 'value') text += ((n * 7919 + i * 31) % 4000) / 100
    else text += what === 'time' ? timeText(nowMs, unit) : n
    text += pieces[i + 1]
  }
  return text
}

function timeText(ms: number, unit: TimeUnit): string {
  if (unit === 'iso') return `"${new Date(ms).toISOString()}"`
  if (unit === 's') return String(ms / 1000)
  return `${ms}${unit === 'us' ? '000' : unit === 'ns' ? '000000' : ''}`
}
