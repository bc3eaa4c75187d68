import * as v from 'valibot'
import type { HttpPlan } from '../model/plan.js'
import { byteSize, duration, secret } from '../model/schema.js'
import { NAME, NAME_ALLOWED } from './findings.js'

const DEFAULT_HTTP: HttpPlan = { host: '127.0.0.1', port: 9470 }

/** `host:port` as its parts, or undefined. */
export function parseListen(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  return match && port <= 65535 ? { host: match[1] ?? match[2], port } : undefined
}

/** True for addresses that only this machine reaches. */
export const isLoopback = (host: string): boolean => /^(127(\.\d{1,3}){3}|localhost|::1)$/.test(host)

const listen = v.pipe(
  v.string(),
  v.check((text) => parseListen(text) !== undefined, 'an address and port such as 127.0.0.1:9470 or [::1]:9470'),
)

const http = v.pipe(
  v.union([
    v.literal(false),
    listen,
    v.strictObject({ listen, token: v.optional(secret()), hosts: v.optional(v.array(v.string())) }),
  ]),
  v.check(
    (given) =>
      given === false ||
      // A text that is no address has been told already.
      isLoopback(parseListen(typeof given === 'string' ? given : given.listen)?.host ?? 'localhost') ||
      (typeof given === 'object' && Boolean(given.token)),
    `cannot listen off this machine without a token: anyone could read it; write http: { listen: …, token: "\${env:NAME}" }, or listen on 127.0.0.1`,
  ),
  v.transform((given): HttpPlan | false =>
    given === false
      ? false
      : typeof given === 'string'
        ? parseListen(given)!
        : {
            ...parseListen(given.listen)!,
            ...(given.token && { token: given.token }),
            ...(given.hosts && { hosts: given.hosts }),
          },
  ),
  v.metadata({
    allowed: 'host:port, { listen: host:port, token: text, hosts: [further names of this machine] }, or false for none',
  }),
)

const says = v.description

/** Keys at the top of the file, besides the sections. */
export const topEntries = {
  gateway: v.optional(
    v.pipe(
      v.string(),
      v.regex(NAME, NAME_ALLOWED),
      v.metadata({ allowed: NAME_ALLOWED }),
      says('Name of this gateway: a tag of every point. Default: the host name.'),
    ),
  ),
  batch: v.optional(
    v.pipe(duration({ min: '5ms', max: '1h' }), says('Interval of the tick: how often windows are looked at.')),
    '250ms',
  ),
  durability: v.optional(
    v.pipe(
      v.picklist(['memory', 'process', 'power'], 'one of memory, process, power'),
      says(
        'What a crash may cost. memory: the windows that are open; process: nothing that was acknowledged, but for a power cut; power: not then either. Default: process; memory when every source is finite.',
      ),
    ),
  ),
  runtimeDir: v.optional(
    v.pipe(
      v.string(),
      v.nonEmpty('a path'),
      says(
        'Directory of journal and checkpoint with durability process: best in memory (tmpfs). Default: $RUNTIME_DIRECTORY, else stateDir.',
      ),
    ),
  ),
  checkpoint: v.optional(
    v.pipe(
      duration({ min: '1s', max: '1h' }),
      says('How often the state of the windows is kept, so that the journal before it can go.'),
    ),
    '10s',
  ),
  onDamage: v.optional(
    v.pipe(
      v.picklist(['setAside', 'refuse'], 'setAside or refuse'),
      says(
        'What to do with kept state that cannot be read. setAside: it moves to stateDir/set-aside, the loss is counted, and weir goes on; refuse: weir stops and says where.',
      ),
    ),
    'setAside',
  ),
  stateDir: v.optional(
    v.pipe(
      v.string(),
      v.nonEmpty('a path'),
      says('Directory for what outlives a restart. Default: $STATE_DIRECTORY, else ./weir-state.'),
    ),
  ),
  http: v.optional(
    v.pipe(
      http,
      says(
        `Status and metrics. Default: 127.0.0.1:${DEFAULT_HTTP.port} for live runs, none when every source is finite.`,
      ),
    ),
  ),
  workers: v.optional(
    v.pipe(
      v.union([v.literal('auto'), v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(64))]),
      v.metadata({ allowed: 'auto, or a whole number from 0 to 64' }),
      says('Threads that help to reduce. auto: one less than the cores, at most 3; 0: all on the one thread.'),
    ),
    'auto',
  ),
  maxMemory: v.optional(
    v.pipe(byteSize({ min: 1 << 20, max: 2 ** 31 }), says('Bound of the memory of all open windows.')),
    '128MiB',
  ),
  maxSeries: v.optional(
    v.pipe(
      v.number(),
      v.integer('a whole number from 1 to 1000000'),
      v.minValue(1, 'a whole number from 1 to 1000000'),
      v.maxValue(1e6, 'a whole number from 1 to 1000000'),
      says('Bound of the series (a field of a device); values of further ones are rejected and counted.'),
    ),
    10000,
  ),
  stopTimeout: v.optional(
    v.pipe(duration({ max: '1h' }), says('How long a stop may take to deliver what is left.')),
    '10s',
  ),
}

/** Where status and metrics are served unless told: nowhere for finite runs. */
export const defaultHttp = (finite: boolean): HttpPlan | undefined => (finite ? undefined : { ...DEFAULT_HTTP })
