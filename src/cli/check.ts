import { components } from '../components.js'
import { describePlan, summarizePlan } from '../config/describe.js'
import { loadConfig } from '../config/load.js'
import { ConfigError } from '../model/errors.js'
import { EXIT } from './exit-codes.js'
import { unwantedFields } from './unwanted.js'

/** `weir check FILE…`: says what would run, or every problem. Rejects with a ConfigError unless asked for JSON. */
export async function check(
  files: readonly string[],
  { offline, json, state }: { offline?: boolean; json?: boolean; state?: boolean },
): Promise<number> {
  try {
    const plan = await loadConfig(files, { components, offline })
    const unwanted = unwantedFields(plan, components)
    const kept = state ? ((await import('./check-state.js')).stateChanges(plan) ?? null) : undefined
    if (json) {
      const summary = summarizePlan(plan, components)
      process.stdout.write(jsonText({ ok: true, ...summary, warnings: [...summary.warnings, ...unwanted], kept }))
    } else {
      process.stdout.write(describePlan(plan, components))
      for (const warning of unwanted) process.stdout.write(`warning: ${warning}\n`)
      if (kept !== undefined) process.stdout.write(stateText(kept))
    }
    return EXIT.ok
  } catch (error) {
    if (!json || !(error instanceof ConfigError)) throw error
    process.stdout.write(jsonText({ ok: false, problems: error.problems }))
    return EXIT.configuration
  }
}

function stateText(changes: readonly string[] | null): string {
  if (changes === null) return 'kept state: none\n'
  if (changes.length === 0) return 'kept state: all windows go on\n'
  return changes.map((change) => `kept state: ${change}\n`).join('')
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
