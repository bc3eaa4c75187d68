import { existsSync, realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { components } from '../components.js'
import { processEnvironment } from '../config/environment.js'
import { readDocuments } from '../config/load.js'
import { parseConfig } from '../config/parse.js'
import type { Plan } from '../model/plan.js'
import { credentialNames } from './credentials.js'
import type { Host } from './host.js'
import { closedTo, underHomes } from './reach.js'
import type { Step } from './steps.js'
import { MADE_BY, type UnitSettings, unitText } from './unit.js'

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
  const secrets = credentialNames(document).map((name) => ({ name, path: resolve(request.credentials, name) }))
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
      ...finiteObstacle(plan),
      ...(await programObstacles(request)),
      ...missingCredentials(secrets, host),
      ...(await foreignUnit(path, service, host)),
    ],
    notes: [
      ...given.map(
        ({ path }) => `${path} is not to be read by the service's user: systemd hands it over as a credential`,
      ),
      ...fileNotes(plan),
    ],
  }
}

function finiteObstacle({ sources }: Plan): string[] {
  if (!sources.every(({ finite }) => finite)) return []
  return [
    'every source of this configuration ends by itself, and a service would begin it again and again; run it by a timer or by hand: weir run FILE',
  ]
}

async function programObstacles({ node, main }: InstallRequest): Promise<string[]> {
  const closed = [await closedTo(realpathSync(node), 'program'), await closedTo(realpathSync(main), 'file')]
  const remedy = `the service has a user of its own and can't read it; install Node and weir for all users, as: sudo npm install --global weir`
  return [...new Set(closed.filter((why) => why !== undefined))].map((why) => `${why}: ${remedy}`)
}

function missingCredentials(secrets: readonly { name: string; path: string }[], host: Host): string[] {
  return secrets
    .filter(({ path }) => !existsSync(host.root + path))
    .map(
      ({ name, path }) =>
        `the configuration asks for the credential ${name}, and there is no file ${path}; write the secret into it (chmod 600), or name another folder by --credentials`,
    )
}

/** A unit of this name that weir did not make. */
async function foreignUnit(path: string, service: string, host: Host): Promise<string[]> {
  const remedy = 'give another --name'
  if (existsSync(host.root + path)) {
    const text = await readFile(host.root + path, 'utf8')
    return isOurs(text) ? [] : [`${path} was not made by weir; ${remedy}`]
  }
  if (!host.hasSystemd) return []
  const { stdout } = await host.run('systemctl', ['show', '--property=FragmentPath', '--value', service])
  return stdout.trim() ? [`there is a service of this name already, ${stdout.trim()}; ${remedy}`] : []
}

/** Whether a unit file was made by weir. */
export const isOurs = (text: string): boolean => text.startsWith(MADE_BY)

/** The groups of serial ports that this machine has. */
async function serialGroups(host: Host): Promise<string[]> {
  const text = await readFile(`${host.root}/etc/group`, 'utf8').catch(() => '')
  return ['dialout', 'uucp'].filter((group) => new RegExp(`^${group}:`, 'm').test(text)).slice(0, 1)
}

/** Files that the service would look for elsewhere, or not be allowed to write. */
function fileNotes({ sources, sinks }: Plan): string[] {
  const path = (options: unknown) => (options as { path?: unknown }).path
  const outside = sinks.filter(({ type, options }) => type === 'file' && String(path(options)).startsWith('/'))
  const relative = sources.filter(({ type, options }) => type === 'file' && !/^[/-]/.test(String(path(options))))
  return [
    ...outside.map(
      ({ name, options }) =>
        `sink ${name} writes ${path(options)}: the service may write only in its state directory; give a path without / at its beginning`,
    ),
    ...relative.map(({ name, options }) => `source ${name} reads ${path(options)} in the service's state directory`),
  ]
}
