import { fileURLToPath } from 'node:url'
import { assertMayChange, type Host, thisHost } from '../service/host.js'
import { planInstallation } from '../service/install.js'
import { planRemoval } from '../service/remove.js'
import { serviceState, stateText } from '../service/state.js'
import { perform, stepsText } from '../service/steps.js'
import { EXIT } from './exit-codes.js'

/** What the command line says; `name` is of the service. */
export interface ServiceOptions {
  name: string
  dryRun?: boolean
}

/** Where the files of credentials are unless told. */
const CREDENTIALS = '/etc/weir/credentials'

const LOG_LINES = 20

/** `weir service install FILE…`: the exit code. Rejects with a ConfigError, or when something stands in the way. */
export async function installService(
  files: readonly string[],
  { name, credentials, print, dryRun }: ServiceOptions & { credentials?: string; print?: boolean },
  host: Host = thisHost,
): Promise<number> {
  const main = fileURLToPath(new URL('../main.js', import.meta.url))
  const hasKoffi = await import('koffi').then(
    () => true,
    () => false,
  )
  const request = { files, name, credentials: credentials ?? CREDENTIALS, node: process.execPath, main, hasKoffi }
  const { unit, steps, obstacles, notes } = await planInstallation(request, host)
  if (print || dryRun) {
    process.stdout.write(print ? unit : stepsText(steps))
    for (const note of [...obstacles, ...notes]) say(`note: ${note}`)
    return EXIT.ok
  }
  assertMayChange(
    host,
    'install the service',
    `weir service install${nameOption(name)}${credentials ? ` --credentials ${credentials}` : ''} ${files.join(' ')}`,
  )
  if (obstacles.length)
    throw new Error(`cannot install the service:\n${obstacles.map((text) => `  ${text}`).join('\n')}`)
  for (const note of notes) say(`note: ${note}`)
  try {
    await perform(steps, host, say)
  } catch (error) {
    await tellLog(name, host)
    say(`weir service remove${nameOption(name)} undoes what was done`)
    throw error
  }
  say(`${name} runs, and starts at each boot; see: weir service status${nameOption(name)}, journalctl -u ${name}`)
  return EXIT.ok
}

/** `weir service remove`: the exit code. */
export async function removeService({ name, dryRun }: ServiceOptions, host: Host = thisHost): Promise<number> {
  const { steps, notes } = planRemoval(name, host)
  if (dryRun) process.stdout.write(stepsText(steps))
  else {
    assertMayChange(host, 'remove the service', `weir service remove${nameOption(name)}`)
    await perform(steps, host, say)
  }
  for (const note of notes) say(note)
  return EXIT.ok
}

/** `weir service status`: 0 when it runs, else 1. */
export async function showService(
  { name, json }: { name: string; json?: boolean },
  host: Host = thisHost,
): Promise<number> {
  if (!host.hasSystemd) throw new Error('cannot ask for the service: this machine was not started by systemd')
  const state = await serviceState(name, host)
  process.stdout.write(json ? `${JSON.stringify(state, null, 2)}\n` : stateText(state))
  return state.active === 'active' ? EXIT.ok : EXIT.failure
}

const nameOption = (name: string) => (name === 'weir' ? '' : ` --name ${name}`)

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Why a service does not start stands in its log. */
async function tellLog(name: string, host: Host): Promise<void> {
  const args = ['-u', name, '-n', String(LOG_LINES), '--no-pager', '-o', 'short']
  const log = await host.run('journalctl', args).catch(() => undefined)
  if (log?.stdout) process.stderr.write(log.stdout)
}
