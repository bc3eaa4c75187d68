import { components } from '../components.js'
import { describePlan, summarizePlan } from '../config/describe.js'
import { loadConfig } from '../config/load.js'
import { ConfigError } from '../model/errors.js'
import { EXIT } from './exit-codes.js'
import { unwantedFields } from './unwanted.js'

/** `weir check FILE…`: says what would run, or every problem. Rejects with a ConfigError unless asked for JSON. */
export async function check(
  files: readonly string[],
  { offline, json }: { offline?: boolean; json?: boolean },
): Promise<number> {
  try {
    const plan = await loadConfig(files, { components, offline })
    const unwanted = unwantedFields(plan, components)
    if (json) {
      const summary = summarizePlan(plan, components)
      process.stdout.write(jsonText({ ok: true, ...summary, warnings: [...summary.warnings, ...unwanted] }))
    } else {
      process.stdout.write(describePlan(plan, components))
      for (const warning of unwanted) process.stdout.write(`warning: ${warning}\n`)
    }
    return EXIT.ok
  } catch (error) {
    if (!json || !(error instanceof ConfigError)) throw error
    process.stdout.write(jsonText({ ok: false, problems: error.problems }))
    return EXIT.configuration
  }
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
