import { alignedLines } from '../observe/text-table.js'
import type { Host } from './host.js'
import { unitPath } from './install.js'

/** What the service manager knows of a service. Plain JSON. */
export interface ServiceState {
  name: string
  installed: boolean
  /** Starts at boot. */
  enabled: boolean
  /** systemd's own words, as `active` and `running`. */
  active: string
  sub: string
  /** Since when it is so, µs since the epoch; null when it never ran since the boot. */
  sinceUs: number | null
  restarts: number
  pid: number | null
  /** What weir says it does. */
  status: string
  /** How it last ended, and by which code; null while it runs or before it ran. */
  result: string
  exitCode: number | null
}

const PROPERTIES = [
  ...['LoadState', 'UnitFileState', 'ActiveState', 'SubState', 'StateChangeTimestamp', 'NRestarts'],
  ...['MainPID', 'StatusText', 'Result', 'ExecMainCode', 'ExecMainStatus'],
]

/** Asks the service manager. Rejects when there is none. */
export async function serviceState(name: string, host: Host): Promise<ServiceState> {
  unitPath(name)
  const properties = `--property=${PROPERTIES.join(',')}`
  const { code, stdout, stderr } = await host.run('systemctl', [
    'show',
    '--timestamp=unix',
    properties,
    `${name}.service`,
  ])
  if (code !== 0) throw new Error(`cannot ask systemd for the service ${name}: ${stderr.trim()}`)
  const values = new Map(stdout.split('\n').map((line) => splitAt(line, '=')))
  const value = (property: string) => values.get(property) ?? ''
  const pid = Number(value('MainPID'))
  const since = Number(value('StateChangeTimestamp').replace('@', ''))
  return {
    name,
    installed: value('LoadState') === 'loaded',
    enabled: value('UnitFileState') === 'enabled',
    active: value('ActiveState'),
    sub: value('SubState'),
    sinceUs: since > 0 ? since * 1e6 : null,
    restarts: Number(value('NRestarts')),
    pid: pid > 0 ? pid : null,
    status: value('StatusText'),
    result: value('Result'),
    exitCode: pid > 0 || value('ExecMainCode') === '0' ? null : Number(value('ExecMainStatus')),
  }
}

/** The state for people. */
export function stateText(state: ServiceState): string {
  if (!state.installed) return `${state.name}: not installed\n`
  const rows = [
    ['service', state.name],
    ['at boot', state.enabled ? 'starts' : 'does not start'],
    ['state', `${state.active} (${state.sub})`],
    ['since', state.sinceUs === null ? '' : new Date(state.sinceUs / 1000).toISOString()],
    ['restarts', String(state.restarts)],
    ['does', state.status],
    ['ended', state.exitCode === null ? '' : `${state.result}, code ${state.exitCode}`],
  ]
  return `${alignedLines(
    rows.filter(([, text]) => text),
    { left: [0, 1] },
  ).join('\n')}\n`
}

function splitAt(line: string, mark: string): [string, string] {
  const at = line.indexOf(mark)
  return [line.slice(0, at), line.slice(at + 1)]
}
