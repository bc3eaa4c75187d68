import { components } from '../components.js'
import { SystemClock } from '../engine/clock.js'
import type { LogLevel } from '../observe/log-levels.js'
import { countText } from '../observe/text-table.js'
import { Differences, type Which } from '../recording/differences.js'
import { play } from '../recording/player.js'
import { RecordingReader } from '../recording/reader.js'
import { Side } from '../recording/side.js'
import { comparisonText } from './comparison-text.js'
import { EXIT, signalCode } from './exit-codes.js'
import { processLog } from './process-log.js'
import { progressLine } from './progress-line.js'
import { remarks, replayPlan } from './replay.js'

export interface DiffOptions {
  json?: boolean
  partial?: boolean
  tolerance: number
  examples: number
  logLevel: LogLevel
}

/**
 * `weir replay --diff RECORDING A B`: one recording through two configurations side by side, and how their final points
 * and ledgers differ. Each of the two may be several files, with commas between.
 */
export async function replayDiff(
  path: string,
  configurations: readonly string[],
  options: DiffOptions,
): Promise<number> {
  if (configurations.length !== 2) {
    process.stderr.write(
      'weir: cannot compare: --diff takes a recording and two configurations; one of several files is written as a.yaml,b.yaml\n',
    )
    return EXIT.usage
  }
  const log = processLog(options.logLevel)
  const reader = await RecordingReader.open(path)
  const load = (files: string) => replayPlan(files.split(','), reader.header, 'line', log)
  const plans = [await load(configurations[0]), await load(configurations[1])] as const
  const differences = new Differences(plans, options)
  const clock = new SystemClock()
  const abort = new AbortController()
  const side = (which: Which) => {
    const made = new Side(
      { ...plans[which], sinks: [], windows: plans[which].windows.map((window) => ({ ...window, to: [] })) },
      reader.header,
      {
        components,
        log,
        outsideClock: clock,
        partial: options.partial ?? false,
        onFinalPoints: (points) => differences.offer(which, points),
      },
    )
    made.gateway.finished.catch((error) => abort.abort(error))
    return made
  }
  const sides = [side(0), side(1)]
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(signalCode(signal)))
  for (const { gateway } of sides) await gateway.start()
  const progress = progressLine(process.stderr)
  const played = await play(reader, sides, {
    speed: Number.POSITIVE_INFINITY,
    clock,
    signal: abort.signal,
    onProgress: ({ frames }) => progress.show(() => `${countText(frames)} frames`),
  }).finally(() => progress.end())
  for (const { gateway } of sides) await gateway.stop({ graceful: true })
  abort.signal.throwIfAborted()
  const comparison = differences.finish([sides[0].gateway.status(), sides[1].gateway.status()])
  process.stdout.write(options.json ? `${JSON.stringify(comparison, null, 2)}\n` : comparisonText(comparison))
  process.stderr.write(remarks(reader, sides, played))
  return comparison.equal ? EXIT.ok : EXIT.different
}
