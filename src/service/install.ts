import { realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { components } from '../components.js'
import { processEnvironment } from '../config/environment.js'
import { readDocuments } from '../config/load.js'
import { parseConfig } from '../config/parse.js'
import { type Host, holds } from './host.js'
import { obstaclesOf } from './obstacles.js'
import { placeholdersOf } from './placeholders.js'
import { closedTo, underHomes } from './reach.js'
import type { Step } from './steps.js'
import { type Credential, isOurs, type UnitSettings, unitText } from './unit.js'
import { warningsOf } from './warnings.js'

/** What is to be installed, and by which installation of weir. */
export interface InstallRequest {
  files: readonly string[]
  name: string
  /** Folder of the credentials' files. */
  credentials: string
  node: string
  main: string
  /** Whether koffi loads, by which the service manager is told without a process of its own. */
  hasKoffi: boolean
}

/** What installing would do. */
export interface Installation {
  unit: string
  steps: Step[]
  /** What must be changed before it can work, in words with the remedy. */
  obstacles: string[]
  notes: string[]
}

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/

/** The unit's file; throws when the name can't be one of a service. */
export function unitPath(name: string): string {
  if (!NAME.test(name))
    throw new Error(
      `cannot use "${name}" as the name of a service: allowed: letters, digits, _, - and ., at most 64; give another --name`,
    )
  return `/etc/systemd/system/${name}.service`
}

/** Plans an installation; changes nothing. Rejects with a ConfigError when the configuration has problems. */
export async function planInstallation(request: InstallRequest, host: Host): Promise<Installation> {
  const path = unitPath(request.name)
  const service = `${request.name}.service`
  const files = request.files.map((file) => resolve(file))
  const document = await readDocuments(files)
  const plan = parseConfig(document, components, processEnvironment({ offline: true }))
  const placeholders = placeholdersOf(document)
  const secrets = placeholders.credentials.map((name) => credential(name, request.credentials, host))
  const paths = [request.node, request.main, ...files].map((file) => realpathSync(file))

  // What the service's user can't read, the service manager reads for it.
  const given: { name: string; path: string }[] = []
  const said: string[] = []
  for (const [i, file] of files.entries()) {
    const closed = await closedTo(file, 'file')
    if (closed === undefined && !(await closedTo(realpathSync(file), 'file'))) {
      said.push(file)
      continue
    }
    const name = `configuration-${i + 1}.yaml`
    given.push({ name, path: file })
    said.push(`%d/${name}`)
  }

  const unit = unitText({
    node: request.node,
    main: request.main,
    files: said,
    credentials: [...given, ...secrets],
    ...(plan.sources.some(({ type }) => type === 'serial') && { serial: { groups: await serialGroups(host) } }),
    readsHomes: paths.some(underHomes),
    notifiesByCommand: !request.hasKoffi,
    stopTimeoutMs: plan.stopTimeoutMs,
  } satisfies UnitSettings)

  return {
    unit,
    steps: [
      { do: 'write', path, text: unit },
      { do: 'run', command: ['systemctl', 'daemon-reload'] },
      { do: 'run', command: ['systemctl', 'enable', service] },
      { do: 'run', command: ['systemctl', 'restart', service] },
    ],
    obstacles: [
      ...(await obstaclesOf({ plan, programs: request, placeholders, secrets }, host)),
      ...(await foreignUnit(path, service, host)),
    ],
    notes: [
      ...given.map(
        ({ path }) => `${path} is not to be read by the service's user: systemd hands it over as a credential`,
      ),
      ...(await warningsOf(plan, placeholders, service)),
    ],
  }
}

/** The file of a credential, plain or as `systemd-creds encrypt` made it. */
function credential(name: string, folder: string, host: Host): Credential {
  const path = resolve(folder, name)
  return holds(host, `${path}.cred`) && !holds(host, path)
    ? { name, path: `${path}.cred`, encrypted: true }
    : { name, path }
}

/** A unit of this name that weir did not make. */
async function foreignUnit(path: string, service: string, host: Host): Promise<string[]> {
  const remedy = 'give another --name'
  if (holds(host, path)) {
    const text = await readFile(host.root + path, 'utf8')
    return isOurs(text) ? [] : [`${path} was not made by weir; ${remedy}`]
  }
  if (!host.hasSystemd) return []
  const { stdout } = await host.run('systemctl', ['show', '--property=FragmentPath', '--value', service])
  return stdout.trim() ? [`there is a service of this name already, ${stdout.trim()}; ${remedy}`] : []
}

/** The groups of serial ports that this machine has. */
async function serialGroups(host: Host): Promise<string[]> {
  const text = await readFile(`${host.root}/etc/group`, 'utf8').catch(() => '')
  return ['dialout', 'uucp'].filter((group) => new RegExp(`^${group}:`, 'm').test(text)).slice(0, 1)
}
