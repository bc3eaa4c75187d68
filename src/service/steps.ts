import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Host } from './host.js'

/** One thing that is done to the machine. */
export type Step =
  | { do: 'write'; path: string; text: string }
  | { do: 'delete'; path: string }
  /** A command; one that `mayFail` tidies up what may not be there. */
  | { do: 'run'; command: readonly string[]; mayFail?: boolean }

/** What a step does, in a line. */
export function stepText(step: Step): string {
  if (step.do === 'run') return `run ${step.command.join(' ')}`
  return `${step.do} ${step.path}`
}

/** All steps for people, files with their text. */
export function stepsText(steps: readonly Step[]): string {
  const texts = steps.map((step) => {
    if (step.do !== 'write') return `${stepText(step)}\n`
    return `${stepText(step)}:\n${step.text.replace(/^(?=.)/gm, '    ')}`
  })
  return texts.join('')
}

/** Does them in order, telling each before. Throws at the first that fails. */
export async function perform(steps: readonly Step[], host: Host, tell: (line: string) => void): Promise<void> {
  for (const step of steps) {
    tell(stepText(step))
    if (step.do === 'write') await publish(host.root + step.path, step.text)
    else if (step.do === 'delete') await rm(host.root + step.path)
    else {
      const [command, ...args] = step.command
      const { code, stderr } = await host.run(command, args)
      if (code !== 0 && !step.mayFail)
        throw new Error(`cannot ${stepText(step)}: it ended with ${code}${stderr ? `: ${stderr.trim()}` : ''}`)
    }
  }
}

/** Whole or not at all. */
async function publish(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const fresh = `${path}.new`
  await writeFile(fresh, text, { mode: 0o644 })
  await rename(fresh, path)
}
