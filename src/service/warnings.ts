import { statSync } from 'node:fs'
import type { Plan } from '../model/plan.js'
import type { Placeholders } from './placeholders.js'
import { closedTo } from './reach.js'

/** What may surprise who runs a configuration as a service, in words with the remedy. */
export async function warningsOf(plan: Plan, { variables }: Placeholders, service: string): Promise<string[]> {
  return [
    ...variables.map(
      (name) =>
        `the configuration asks for the environment variable ${name}, and a service does not have those of your shell; write a secret as \${credential:NAME}, or set it: systemctl edit ${service}, [Service], Environment=${name}=…`,
    ),
    ...filePlaces(plan),
    ...(await closedFiles(plan, service)),
  ]
}

/** Files that the service would look for elsewhere, or not be allowed to write. */
function filePlaces({ sources, sinks }: Plan): string[] {
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

/** Files that sources and sinks are told to read, as keys of TLS, and that the service's user may not. */
async function closedFiles({ sources, sinks }: Plan, service: string): Promise<string[]> {
  const paths = new Set([...sources, ...sinks].flatMap(({ options }) => filesIn(options)))
  const closed = await Promise.all([...paths].map((path) => closedTo(path, 'file')))
  return closed
    .filter((why) => why !== undefined)
    .map(
      (why) =>
        `${why}: let the service read it, or hand it over: systemctl edit ${service}, [Service], LoadCredential=NAME:PATH, and write /run/credentials/${service}/NAME in the configuration`,
    )
}

/** The absolute paths in options that are files. */
function filesIn(options: unknown): string[] {
  if (typeof options === 'object' && options !== null) return Object.values(options).flatMap(filesIn)
  if (typeof options !== 'string' || !options.startsWith('/')) return []
  return statSync(options, { throwIfNoEntry: false })?.isFile() ? [options] : []
}
