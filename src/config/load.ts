import { readFile } from 'node:fs/promises'
import type { Components } from '../model/components.js'
import { ConfigError, type Problem, reasonOf } from '../model/errors.js'
import type { Plan } from '../model/plan.js'
import { type Environment, processEnvironment } from './environment.js'
import { mergeDocuments } from './merge.js'
import { parseConfig } from './parse.js'
import { parseYaml } from './yaml.js'

export interface LoadOptions extends Partial<Environment> {
  components: Components
}

/** Reads configuration files (the later wins), fills in placeholders and checks all of it. Rejects with a ConfigError. */
export async function loadConfig(files: readonly string[], options: LoadOptions): Promise<Plan> {
  const { components, ...given } = options
  return parseConfig(await readDocuments(files), components, processEnvironment(given))
}

/** The merged files as plain data, unchecked. Rejects with a ConfigError when one can't be read. */
export async function readDocuments(files: readonly string[]): Promise<unknown> {
  const problems: Problem[] = []
  const documents = await Promise.all(
    files.map(async (file) => {
      try {
        const parsed = parseYaml(await readFile(file, 'utf8'), file)
        problems.push(...parsed.problems)
        return parsed.value
      } catch (error) {
        problems.push({ path: '', message: `cannot read ${file}: ${reasonOf(error)}; give the path of a YAML file` })
      }
    }),
  )
  if (problems.length) throw new ConfigError(problems)
  return mergeDocuments(documents)
}
