import { components } from '../components.js'
import { loadConfig } from '../config/load.js'
import type { LogLevel } from '../observe/log-levels.js'
import { processLog } from './process-log.js'
import { runPlan } from './run-plan.js'

/** `weir run FILE…`: the exit code. Rejects with a ConfigError. */
export async function run(files: readonly string[], options: { logLevel: LogLevel }): Promise<number> {
  const load = () => loadConfig(files, { components })
  return runPlan(await load(), { log: processLog(options.logLevel), reload: load })
}
