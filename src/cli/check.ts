import { components } from '../components.js'
import { describePlan, summarizePlan } from '../config/describe.js'
import { loadConfig } from '../config/load.js'
import { ConfigError } from '../model/errors.js'
import { EXIT } from './exit-codes.js'

/** `weir check FILE…`: says what would run, or every problem. Rejects with a ConfigError unless asked for JSON. */
export async function check(
  files: readonly string[],
  { offline, json }: { offline?: boolean; json?: boolean },
): Promise<number> {
  try {
    const plan = await loadConfig(files, { components, offline })
    process.stdout.write(
      json ? jsonText({ ok: true, ...summarizePlan(plan, components) }) : describePlan(plan, components),
    )
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
