import { randomBytes } from 'node:crypto'
import type { InputPlan } from '../model/plan.js'
import type { ChannelSpec, CommonInput, ParseInput, Source, SourceComponent } from '../model/source.js'
import type { MqttConnection } from './mqtt/connection.js'
import { Framer } from './mqtt/framer.js'
import { headerOf, Intake } from './mqtt/intake.js'
import { type MqttOptions, mqttOptions } from './mqtt/options.js'
import { parseTopic, type TopicPattern } from './mqtt/topics.js'

/** Sensors that publish to an MQTT broker, 3.1.1 or 5. */
export const mqtt: SourceComponent<MqttOptions> = {
  type: 'mqtt',
  summary: 'messages of an MQTT broker; named topic levels become tags',
  options: mqttOptions,
  finite: () => false,
  inputs(options, common, parse) {
    if (Boolean(options.cert) !== Boolean(options.key))
      return 'cannot use a client certificate: `cert` and `key` belong together; give both or none'
    const inputs: InputPlan[] = []
    for (const entry of options.topics) {
      const input = inputOf(entry, common, parse)
      if (typeof input === 'string') return input
      inputs.push(input)
    }
    return inputs
  },
  create(given, context): Source {
    const options = context.listenOnly ? listening(given) : given
    const intake = new Intake(options, context)
    let connection: MqttConnection | undefined
    let framer: Framer | undefined
    return {
      async run(out, signal) {
        intake.connect(out)
        // mqtt.js takes 0.1 s to load, which `weir check` need not wait for.
        const [{ MqttConnection }, { boundsOf }] = await Promise.all([
          import('./mqtt/connection.js'),
          import('./mqtt/tap.js'),
        ])
        // It knows the topics: one for all connections.
        const ownFramer = () => (framer ??= new Framer(boundsOf(context.maxFrameBytes), intake))
        connection = new MqttConnection(options, context, intake, out, ownFramer)
        return connection.run(signal)
      },
      status: () => ({ ...connection?.status(), topics: intake.topics }),
    }
  },
  replay(options, context, out) {
    const intake = new Intake(options, context)
    intake.connect(out)
    const topics = new Map<ChannelSpec, Buffer>()
    return {
      take(channel, bytes, start, end, flags, packetId) {
        const topic = topics.get(channel) ?? Buffer.from(channel.name)
        topics.set(channel, topic)
        return intake.take(intake.route(topic, 0, topic.length), bytes, start, end, headerOf(flags), packetId)
      },
    }
  },
}

/** A client of its own that no broker remembers, in no group that would share messages with it, and without a status. */
const listening = (options: MqttOptions): MqttOptions => ({
  ...options,
  clientId: `weir-listen-${randomBytes(6).toString('hex')}`,
  share: undefined,
  status: false,
})

const NOTHING: CommonInput = { payloadTags: {}, constantTags: {} }

type TopicEntry = MqttOptions['topics'][number]

/** One input per entry, in order: an entry's own keys before the source's. */
function inputOf(entry: TopicEntry, common: CommonInput, parse: ParseInput): InputPlan | string {
  const topic = typeof entry === 'string' ? entry : entry.topic
  const own = typeof entry === 'string' ? NOTHING : parse(entry)
  if (typeof own === 'string') return `topic "${topic}": ${own}`
  const payloadTags = { ...without(common.payloadTags, own.constantTags), ...own.payloadTags }
  const constantTags = { ...without(common.constantTags, own.payloadTags), ...own.constantTags }
  for (const tag of (parseTopic(topic) as TopicPattern).tags)
    if (tag in payloadTags || tag in constantTags)
      return `topic "${topic}": the tag "${tag}" is given by the topic and by \`tags\`; name one of them differently`
  const decode = own.decode ?? common.decode
  const { conditions, sequence } = own
  if (decode)
    return {
      time: own.time ?? common.time ?? { kind: 'arrival' },
      decode,
      payloadTags,
      constantTags,
      ...(conditions && { conditions }),
      ...(sequence && { sequence }),
    }
  const json = parse({ decode: { type: 'json' } })
  return typeof json === 'string' ? json : inputOf(entry, { ...common, decode: json.decode }, parse)
}

function without(tags: Record<string, string>, names: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([name]) => !(name in names)))
}
