import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Host } from './host.js'
import { unitPath } from './install.js'
import type { Step } from './steps.js'
import { isOurs } from './unit.js'

/** What removing a service would do, and what it leaves. Throws when weir installed none of this name. */
export function planRemoval(name: string, host: Host): { steps: Step[]; notes: string[] } {
  const path = unitPath(name)
  const service = `${name}.service`
  const names = installedNames(host)
  if (!names.includes(name)) {
    const others = names.length ? `weir installed ${names.join(', ')}; say which by --name` : 'weir installed none'
    throw new Error(`cannot remove the service ${name}: there is no ${path}, or another made it; ${others}`)
  }
  const dropIns = `${path}.d`
  return {
    steps: [
      { do: 'run', command: ['systemctl', 'disable', '--now', service] },
      { do: 'run', command: ['systemctl', 'reset-failed', service], mayFail: true },
      // What failed is not cleaned. What is kept over restarts is not gone after a stop either.
      { do: 'run', command: ['systemctl', 'clean', '--what=runtime', '--what=cache', service], mayFail: true },
      { do: 'delete', path },
      { do: 'run', command: ['systemctl', 'daemon-reload'] },
    ],
    notes: [
      `kept: the configuration, credentials, and the state in /var/lib/private/${name} (delete it and the link /var/lib/${name} by hand)`,
      ...(existsSync(host.root + dropIns) ? [`kept: your changes in ${dropIns}`] : []),
    ],
  }
}

/** The services that weir installed. */
export function installedNames({ root }: Host): string[] {
  const folder = `${root}/etc/systemd/system`
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.service'))
    .filter(({ name }) => isOurs(readFileSync(`${folder}/${name}`, 'utf8')))
    .map(({ name }) => name.replace(/\.service$/, ''))
}
