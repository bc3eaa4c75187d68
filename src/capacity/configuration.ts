import { join } from 'node:path'
import { ConfigError } from '../model/errors.js'

/** What is measured where no configuration is given. */
export const DEFAULT_CONFIGURATION = {
  sources: {
    plant: {
      type: 'mqtt',
      url: 'mqtt://localhost',
      topics: ['sensors/{device}/data'],
      time: { path: 'ts', unit: 'ms' },
      decode: { type: 'json', fields: ['temp', 'hum', 'bat'] },
    },
  },
  windows: { second: { of: '*', every: '1s', reduce: ['count', 'mean', 'min', 'max', 'stddev'] } },
  sinks: { points: { type: 'file', path: 'points.lp' } },
}

/** How to reach the broker, and as whom: the measurement has its own. */
const LINK_KEYS = ['username', 'password', 'ca', 'cert', 'key', 'servername', 'share', 'clientId']

type Section = Record<string, Record<string, unknown>>
type Document = Record<string, unknown> & { sources?: Section; windows?: Section; sinks?: Section }

/**
 * The configuration with its MQTT sources on the broker of the measurement, and its points into files in `folder`, where its
 * state lies too. Sources of other types are left out, and windows of theirs alone. Throws a ConfigError where nothing is left.
 */
export function measurable(given: unknown, brokerUrl: string, folder: string): Document {
  const document = given as Document
  const sources = Object.entries(document.sources ?? {}).filter(([, source]) => source?.type === 'mqtt')
  if (sources.length === 0)
    throw new ConfigError([
      {
        path: 'sources',
        message:
          'cannot measure: none of them has `type: mqtt`; give a configuration with one, or none for the default',
      },
    ])
  const left = new Set(sources.map(([name]) => name))
  const isOfOthers = (window: Record<string, unknown>): boolean => {
    const source = (window?.of as { source?: unknown } | undefined)?.source
    return typeof source === 'string' && source in (document.sources ?? {}) && !left.has(source)
  }
  const sinks = Object.keys(document.sinks ?? { points: {} }).map((name) => [
    name,
    { type: 'file', path: join(folder, `${name}.lp`), format: 'line', corrections: true },
  ])
  return {
    ...document,
    http: '127.0.0.1:0',
    stateDir: join(folder, 'state'),
    runtimeDir: join(folder, 'run'),
    sources: Object.fromEntries(
      sources.map(([name, source]) => [name, { ...without(source, LINK_KEYS), url: brokerUrl }]),
    ),
    windows: Object.fromEntries(Object.entries(document.windows ?? {}).filter(([, window]) => !isOfOthers(window))),
    sinks: Object.fromEntries(sinks),
  }
}

function without(map: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)))
}
