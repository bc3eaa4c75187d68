import { promisify } from 'node:util'
import { gzip as gzipCallback } from 'node:zlib'
import * as v from 'valibot'
import { reasonOf } from '../model/errors.js'
import { duration, secret } from '../model/schema.js'
import type { SendResult, Sink, SinkComponent, SinkContext } from '../model/sink.js'
import { createDatabase } from './influxdb/create-database.js'
import { outcomeOf, type Target } from './influxdb/outcome.js'
import { keepAliveAgent, post } from './influxdb/post.js'

const gzip = promisify(gzipCallback)

/** Either `database` with its keys (InfluxDB 1) or `bucket` with its keys (InfluxDB 2 and 3). */
export interface InfluxdbOptions {
  url: string
  database?: string
  username?: string
  password?: string
  /** Make the database when it is missing. */
  create: boolean
  bucket?: string
  org?: string
  token?: string
  gzip: boolean
  /** µs in which 64 KiB must be taken, or the whole answer come. */
  timeout: number
}

const address = 'an http or https address such as http://localhost:8086'
const name = v.pipe(v.string('a name'), v.nonEmpty('a name'))

/** InfluxDB 1 (`/write`), 2 and 3 (`/api/v2/write`), and what speaks like them. */
export const influxdb: SinkComponent<InfluxdbOptions> = {
  type: 'influxdb',
  summary: 'InfluxDB 1, 2 and 3, over HTTP',
  options: {
    url: v.pipe(
      v.string(address),
      v.check((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), address),
      v.metadata({ allowed: address }),
    ),
    database: v.optional(name),
    username: v.optional(name),
    password: v.optional(secret()),
    create: v.optional(v.boolean('true or false'), false),
    bucket: v.optional(name),
    org: v.optional(name),
    token: v.optional(secret()),
    gzip: v.optional(v.boolean('true or false'), false),
    timeout: v.optional(duration({ min: '100ms', max: '10min' }), '10s'),
  },
  check,
  format: () => 'line',
  finalOnly: () => false,
  create: (options, context) => new InfluxdbSink(options, context),
}

function check(options: InfluxdbOptions): string | undefined {
  const { url, database, username, password, create, bucket, org, token } = options
  const { username: user, password: word } = new URL(url)
  if (user || word) return 'cannot take a user from `url`: it is shown in messages; use `username` and `password`'
  if ((database === undefined) === (bucket === undefined)) {
    const got = database === undefined ? 'neither is set' : 'both are set'
    return `cannot tell where to write: ${got}; set \`database\` for InfluxDB 1, or \`bucket\` with \`org\` and \`token\` for 2 and 3`
  }
  const strangers = Object.entries(
    bucket === undefined ? { org, token } : { username, password, create: create || undefined },
  )
  const stranger = strangers.find(([, value]) => value !== undefined)?.[0]
  if (stranger)
    return `cannot use \`${stranger}\` with \`${bucket === undefined ? 'database' : 'bucket'}\`; leave it out`
  if (bucket !== undefined && org === undefined)
    return 'cannot write to a bucket without `org`; set it (InfluxDB 3 takes any name)'
  if (password !== undefined && username === undefined) return 'cannot use `password` without `username`; set both'
  return undefined
}

class InfluxdbSink implements Sink {
  readonly takesSeveral = true
  readonly open?: (signal: AbortSignal) => Promise<void>
  readonly #options: InfluxdbOptions
  readonly #context: SinkContext
  readonly #url: URL
  readonly #target: Target
  readonly #headers: Record<string, string>
  readonly #agent

  constructor(options: InfluxdbOptions, context: SinkContext) {
    this.#options = options
    this.#context = context
    const base = new URL(options.url)
    const { url, target, authorization } =
      options.bucket === undefined ? version1(options, base) : version2(options, base)
    this.#url = url
    this.#target = target
    this.#headers = {
      'content-type': 'text/plain; charset=utf-8',
      'user-agent': 'weir',
      ...(authorization === undefined ? {} : { authorization }),
      ...(options.gzip ? { 'content-encoding': 'gzip' } : {}),
    }
    this.#agent = keepAliveAgent(base)
    const { database, username, password } = options
    if (options.create && database !== undefined)
      this.open = (signal) =>
        createDatabase({ url: base, database, username, password, timeoutMs: options.timeout / 1000, signal })
  }

  async send(body: Uint8Array, signal: AbortSignal): Promise<SendResult> {
    try {
      const bytes = this.#options.gzip ? await gzip(body, { level: 1 }) : body
      const answer = await post(this.#url, bytes, {
        agent: this.#agent,
        headers: this.#headers,
        clock: this.#context.clock,
        timeoutMs: this.#options.timeout / 1000,
        signal,
      })
      return outcomeOf(answer, this.#target)
    } catch (error) {
      return {
        outcome: 'retry',
        why: `cannot write to ${this.#target.store} at ${this.#target.server}: ${linkReason(error)}`,
      }
    }
  }

  async close(): Promise<void> {
    this.#agent.destroy()
  }
}

interface Version {
  url: URL
  target: Target
  authorization?: string
}

function writeUrl(base: URL, path: string, query: Record<string, string>): URL {
  const url = new URL(base)
  url.pathname = base.pathname.replace(/\/+$/, '') + path
  url.search = new URLSearchParams({ ...query, precision: 'ns' }).toString()
  return url
}

function version1({ database = '', username, password }: InfluxdbOptions, base: URL): Version {
  return {
    url: writeUrl(base, '/write', { db: database }),
    target: {
      store: `database "${database}"`,
      server: base.origin,
      who: username === undefined ? 'writing without a user' : `user "${username}"`,
      remedy:
        username === undefined
          ? 'set `username` and `password`'
          : 'check `username`, `password` and its right to write',
      missing: 'create the database or set `create: true`, and check `url`',
    },
    ...(username === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` }),
  }
}

function version2({ bucket = '', org = '', token }: InfluxdbOptions, base: URL): Version {
  return {
    url: writeUrl(base, '/api/v2/write', { org, bucket }),
    target: {
      store: `bucket "${bucket}"`,
      server: base.origin,
      who: token === undefined ? 'writing without a token' : 'the token',
      remedy: token === undefined ? 'set `token`' : 'check `token` and its right to write to the bucket',
      missing: 'create the bucket, and check `org`, `bucket` and `url`',
    },
    ...(token === undefined ? {} : { authorization: `Token ${token}` }),
  }
}

// Several addresses tried: the error's own message is empty.
function linkReason(error: unknown): string {
  return error instanceof AggregateError ? error.errors.map(reasonOf).join(', ') : reasonOf(error)
}
