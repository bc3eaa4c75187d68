import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { connect, type IClientOptions, type IConnackPacket, type IPublishPacket, MqttClient } from 'mqtt'
import { pause } from '../../model/clock.js'
import type { SourceContext, SourceOutput } from '../../model/source.js'
import { type BrokerName, brokerError, closed, disconnected } from './broker-error.js'
import type { Framer } from './framer.js'
import { type Intake, statusTopic } from './intake.js'
import { keepaliveTimer } from './keepalive.js'
import type { MqttOptions } from './options.js'
import { Session } from './session.js'
import { RECEIVE_MAXIMUM, Tap, TOPIC_ALIAS_MAXIMUM } from './tap.js'
import { readTlsFiles, type TlsFiles } from './tls-files.js'

/** How long a clean end may take before the socket is closed under it. */
const GOODBYE_MS = 1000
const SESSION_EXPIRY_S = 86_400
/** Room beside the payload for topic and properties, where mqtt.js reads for us. */
const HEADROOM_BYTES = 128 * 1024

/** One run of the source: from connecting to the end of the connection. */
export class MqttConnection {
  readonly #url: URL
  readonly #name: BrokerName
  readonly #version: 4 | 5
  readonly #tapped: boolean
  /** The broker keeps the session while we are away. */
  readonly #persistent: boolean
  #tap: Tap | undefined
  #session: Session | undefined
  /** WebSocket only: a message waits for room. */
  #waiting = false

  constructor(
    readonly options: MqttOptions,
    readonly context: SourceContext,
    readonly intake: Intake,
    readonly out: SourceOutput,
    readonly framer: () => Framer,
  ) {
    this.#url = new URL(options.url)
    this.#version = options.version === '3.1.1' ? 4 : 5
    this.#persistent = options.qos === 1 && !context.listenOnly
    this.#tapped = options.fast && this.#url.protocol.startsWith('mqtt')
    this.#name = {
      source: context.name,
      url: options.url,
      clientId: options.clientId ?? `weir-${context.gateway}-${context.name}`,
      username: options.username,
    }
  }

  /** As `Source.run`. */
  async run(signal: AbortSignal): Promise<'aborted'> {
    const files = await readTlsFiles(this.context.name, this.options)
    if (signal.aborted) return 'aborted'
    const client = this.#client(files)
    const stream = client.stream as Duplex
    const gone = new Promise<void>((resolve) => stream.once('close', resolve))
    let abort = () => {}
    try {
      await new Promise<void>((resolve, reject) => {
        abort = resolve
        signal.addEventListener('abort', abort)
        client.on('connect', (connack) => this.#connected(client, connack).catch(reject))
        if (!this.#tapped)
          client.on('packetreceive', (packet) => {
            if (packet.cmd === 'connack') this.out.session(packet.sessionPresent)
          })
        client.on('disconnect', (packet) => reject(disconnected(this.#name, packet.reasonCode ?? 0)))
        client.on('error', reject)
        stream.on('error', reject)
        stream.on('close', () => reject(closed(this.#name)))
        client.handleMessage = (packet, done) => void this.#take(packet, done).catch(reject)
      })
      await this.#goodbye(client, gone)
      return 'aborted'
    } catch (error) {
      throw brokerError(this.#name, error)
    } finally {
      signal.removeEventListener('abort', abort)
      client.end(true)
      stream.destroy()
      await gone
    }
  }

  /** Facts for /status. */
  status(): Record<string, unknown> {
    return { clientId: this.#name.clientId, session: this.#session?.state, ...this.#tap?.counts }
  }

  #client(files: TlsFiles): MqttClient {
    const { options, context } = this
    const persistent = this.#persistent
    const v5 = this.#version === 5
    const settings: IClientOptions = {
      protocolVersion: this.#version,
      clientId: this.#name.clientId,
      username: options.username,
      password: options.password,
      clean: !persistent,
      keepalive: Math.round(options.keepalive / 1e6),
      reconnectPeriod: 0,
      resubscribe: false,
      log: () => {},
      timerVariant: keepaliveTimer(
        this.out.clock,
        () => this.#waiting || this.#tap?.stalled === true,
        () => client.sendPing(),
      ),
      ...(options.status && {
        will: { topic: statusTopic(context.gateway), payload: Buffer.from('offline'), qos: 1, retain: true },
      }),
      ...(v5 && {
        properties: {
          ...(persistent && { sessionExpiryInterval: SESSION_EXPIRY_S }),
          ...(this.#tapped
            ? { receiveMaximum: RECEIVE_MAXIMUM, topicAliasMaximum: TOPIC_ALIAS_MAXIMUM }
            : { maximumPacketSize: context.maxFrameBytes + HEADROOM_BYTES }),
        },
      }),
    }
    const open = () => (this.#tapped ? (this.#tap = this.#openTap(files)) : this.#openSocket(files))
    const client = this.#url.protocol.startsWith('mqtt')
      ? new MqttClient(open as never, settings)
      : connect(options.url, {
          ...settings,
          ...files,
          wsOptions: { maxPayload: context.maxFrameBytes + HEADROOM_BYTES, servername: options.servername } as object,
        })
    return client
  }

  #openTap(files: TlsFiles): Tap {
    const { arrivalErrorUs, timedByArrival } = this.context
    return new Tap(this.out, this.framer(), {
      version: this.#version,
      longestPauseMs: timedByArrival ? arrivalErrorUs / 1000 : Number.POSITIVE_INFINITY,
      tls: this.#url.protocol === 'mqtts:',
      open: (onread) => this.#openSocket(files, onread),
    })
  }

  #openSocket(files: TlsFiles, onread?: object): net.Socket {
    const { protocol, hostname, pathname, port } = this.#url
    if (protocol === 'mqtt+unix:')
      return net.connect({ path: decodeURIComponent(pathname), onread } as net.NetConnectOpts)
    const host = hostname.replace(/^\[|\]$/g, '')
    if (protocol === 'mqtt:')
      return net.connect({ host, port: Number(port) || 1883, onread } as net.NetConnectOpts).setNoDelay(true)
    const servername = this.options.servername ?? (net.isIP(host) ? undefined : host)
    const options = { host, port: Number(port) || 8883, servername, ...files, onread } as tls.ConnectionOptions
    return tls.connect(options).setNoDelay(true)
  }

  async #connected(client: MqttClient, connack: IConnackPacket): Promise<void> {
    this.#session = new Session(
      this.#name,
      this.options,
      this.context.stateDir,
      this.#url.host || this.#url.pathname,
      this.#version,
      this.#persistent,
    )
    await this.#session.begin(client, this.intake.filters, connack.sessionPresent, this.out.log)
    if (this.options.status) client.publish(statusTopic(this.context.gateway), 'online', { retain: true })
    this.out.link('up', `session ${this.#session.state}`)
  }

  /** A message that mqtt.js read: over WebSocket, or with QoS 2 left over from another's session. */
  async #take(packet: IPublishPacket, done: (error?: Error) => void): Promise<void> {
    const topic = Buffer.from(packet.topic)
    const payload = Buffer.from(packet.payload)
    const route = this.intake.route(topic, 0, topic.length)
    const header = (packet.retain ? 1 : 0) | (packet.dup ? 8 : 0)
    while (!this.intake.take(route, payload, 0, payload.length, header, packet.messageId ?? 0)) {
      this.#waiting = true
      await this.out.ready()
      this.#waiting = false
    }
    if (packet.qos > 0) this.out.endBurst(() => done())
    else {
      this.out.endBurst()
      done()
    }
  }

  async #goodbye(client: MqttClient, gone: Promise<unknown>): Promise<void> {
    if (!client.connected) return
    this.#tap?.stop()
    if (this.options.status) client.publish(statusTopic(this.context.gateway), 'offline', { retain: true })
    client.end()
    const enough = new AbortController()
    await Promise.race([gone, pause(this.out.clock, GOODBYE_MS, enough.signal)])
    enough.abort()
  }
}
