import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { reasonOf } from '../model/errors.js'

const READ = 0o4
const SEARCH = 0o1

/** Why the service's user, which has no rights of its own, can't read a file or run a program, naming what is closed; undefined: it can. */
export async function closedTo(path: string, kind: 'file' | 'program'): Promise<string | undefined> {
  try {
    return await closedOnItsWay(path, kind)
  } catch (error) {
    // What can't be looked at is no more open to a user without rights.
    return reasonOf(error)
  }
}

async function closedOnItsWay(path: string, kind: 'file' | 'program'): Promise<string | undefined> {
  if (/^\/(var\/)?tmp\//.test(path)) return `${path} lies in a temporary folder, and services have their own`
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode } = await stat(folder)
    if (!(mode & SEARCH)) return `${folder} is closed to other users (mode ${modeText(mode)})`
    if (folder === dirname(folder)) break
  }
  const { mode } = await stat(path)
  const wanted = kind === 'program' ? READ | SEARCH : READ
  return (mode & wanted) === wanted ? undefined : `${path} is closed to other users (mode ${modeText(mode)})`
}

const modeText = (mode: number) => (mode & 0o7777).toString(8).padStart(4, '0')

/** Whether a path lies where `ProtectHome=yes` hides it. */
export const underHomes = (path: string): boolean => /^\/(home|root|run\/user)(\/|$)/.test(path)
