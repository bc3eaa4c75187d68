import { realpathSync } from 'node:fs'
import type { Plan } from '../model/plan.js'
import { type Host, holds } from './host.js'
import type { Placeholders } from './placeholders.js'
import { closedTo } from './reach.js'
import type { Credential } from './unit.js'

/** What is looked at for obstacles. */
export interface Wanted {
  plan: Plan
  /** Paths of Node and of the command's file. */
  programs: { node: string; main: string }
  placeholders: Placeholders
  secrets: readonly Credential[]
}

/** What would keep the service from working whatever else is done, in words with the remedy. */
export async function obstaclesOf(wanted: Wanted, host: Host): Promise<string[]> {
  const { plan, programs, placeholders, secrets } = wanted
  return [
    ...endsByItself(plan),
    ...(await closedPrograms(programs)),
    ...(await closedFiles(placeholders)),
    ...missingSecrets(secrets, host),
  ]
}

function endsByItself({ sources }: Plan): string[] {
  if (!sources.every(({ finite }) => finite)) return []
  return [
    'every source of this configuration ends by itself, and a service would begin it again and again; run it by a timer or by hand: weir run FILE',
  ]
}

async function closedPrograms({ node, main }: Wanted['programs']): Promise<string[]> {
  const closed = [await closedTo(realpathSync(node), 'program'), await closedTo(realpathSync(main), 'file')]
  const remedy = `the service has a user of its own and can't read it; install Node and weir for all users, as: sudo npm install --global ./weir-VERSION.tgz`
  return [...new Set(closed.filter((why) => why !== undefined))].map((why) => `${why}: ${remedy}`)
}

/** Text that the configuration takes from files. */
async function closedFiles({ files }: Placeholders): Promise<string[]> {
  const closed = await Promise.all(files.map((path) => closedTo(path, 'file')))
  return closed
    .filter((why) => why !== undefined)
    .map(
      (why) =>
        `${why}, and the configuration asks for its text by \${file:…}; put it into the folder of credentials, and write \${credential:NAME}`,
    )
}

function missingSecrets(secrets: readonly Credential[], host: Host): string[] {
  return secrets
    .filter(({ path }) => !holds(host, path))
    .map(
      ({ name, path }) =>
        `the configuration asks for the credential ${name}, and there is no file ${path}; write the secret into it (chmod 600), or let systemd-creds encrypt --name=${name} write ${path}.cred, or name another folder by --credentials`,
    )
}
