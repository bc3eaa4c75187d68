import * as v from 'valibot'
import { duration, secret } from '../../model/schema.js'
import { parseTopic } from './topics.js'

const topicText = v.pipe(
  v.string('a topic such as plant/{line}/{machine}/telemetry'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const pattern = parseTopic(dataset.value)
    if (typeof pattern === 'string') addIssue({ message: pattern })
  }),
)

const topicEntry = v.union(
  [
    topicText,
    v.strictObject({
      topic: topicText,
      time: v.optional(v.unknown()),
      decode: v.optional(v.unknown()),
      tags: v.optional(v.unknown()),
      calibrate: v.optional(v.unknown()),
      valid: v.optional(v.unknown()),
      deadband: v.optional(v.unknown()),
      sequence: v.optional(v.unknown()),
    }),
  ],
  'a topic, or { topic, time, decode, tags, calibrate, valid, deadband, sequence }',
)

const SCHEMES =
  'mqtt://HOST, mqtts://HOST, ws://HOST/PATH or wss://HOST/PATH, each with :PORT if need be, or mqtt+unix:///PATH of a socket'

const url = v.pipe(
  v.string(SCHEMES),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const parsed = URL.canParse(dataset.value) ? new URL(dataset.value) : undefined
    const isSocket = parsed?.protocol === 'mqtt+unix:' && parsed.pathname.length > 1 && !parsed.host
    if (!isSocket && (!parsed?.hostname || !/^(mqtts?|wss?):$/.test(parsed.protocol))) addIssue({ message: SCHEMES })
    else if (parsed!.username || parsed!.password)
      addIssue({ message: `${SCHEMES}; user and password have keys of their own: username, password` })
    else if (/^mqtts?:$/.test(parsed!.protocol) && parsed!.pathname.length > 1)
      addIssue({ message: `${SCHEMES}; topics have a key of their own: topics` })
  }),
  v.metadata({ allowed: SCHEMES }),
)

const file = (what: string) =>
  v.optional(v.pipe(v.string(`path of ${what}`), v.metadata({ allowed: `path of ${what}` })))

/** The keys of an `mqtt` source. */
export const mqttOptions = {
  url,
  topics: v.pipe(v.array(topicEntry, 'a list of topics'), v.minLength(1, 'at least one topic')),
  qos: v.optional(
    v.picklist([0, 1], '0 or 1; 2 is not needed: with 1 the broker sends again what was not acknowledged'),
    0,
  ),
  version: v.optional(v.picklist(['3.1.1', '5', 5], '3.1.1 or 5'), '3.1.1'),
  username: v.optional(v.string('text')),
  password: v.optional(secret()),
  ca: file('the certificates of the authorities to trust, PEM'),
  cert: file("the client's certificate, PEM"),
  key: file("the client's private key, PEM"),
  servername: v.optional(v.string("the name in the broker's certificate")),
  share: v.optional(v.pipe(v.string('name of a group'), v.regex(/^[^/+#\0]+$/, 'name of a group without / + #'))),
  retained: v.optional(v.picklist(['skip', 'take'], 'skip or take')),
  clientId: v.optional(v.pipe(v.string('text'), v.minLength(1, 'text of at least one character'))),
  keepalive: v.optional(duration({ min: '1s', max: '18h' }), '1min'),
  topic: v.optional(v.literal(false, 'false: wildcards without a name make no tag')),
  fast: v.optional(
    v.boolean(
      'true or false: whether WebAssembly frames the messages, mqtt.js alone otherwise; WebSocket has the latter',
    ),
    true,
  ),
  status: v.optional(v.boolean('true or false: whether weir/GATEWAY/status says online and offline'), true),
}

/** What `mqttOptions` makes of the user's keys. */
export type MqttOptions = v.InferOutput<v.StrictObjectSchema<typeof mqttOptions, undefined>>
