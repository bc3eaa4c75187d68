import { components } from '../components.js'
import { loadConfig } from '../config/load.js'
import { SystemClock } from '../engine/clock.js'
import { ConfigError } from '../model/errors.js'
import type { Log } from '../model/log.js'
import type { Plan } from '../model/plan.js'
import type { LogLevel } from '../observe/log-levels.js'
import { countText } from '../observe/text-table.js'
import { visible } from '../observe/visible.js'
import type { RecordingHeader } from '../recording/format.js'
import type { Played } from '../recording/player.js'
import { RecordingReader } from '../recording/reader.js'
import { Replay } from '../recording/replay.js'
import { Side } from '../recording/side.js'
import { liveToEnd } from './life.js'
import { processLog } from './process-log.js'
import { progressLine } from './progress-line.js'

export interface ReplayOptions {
  /** Recorded seconds a second; infinite: as fast as it goes. */
  speed: number
  /** Of the points on stdout. */
  format: string
  /** Send the points to the configured sinks, not to stdout. */
  sinks?: boolean
  /** Write windows that began before the recording too. */
  partial?: boolean
  logLevel: LogLevel
}

/** `weir replay RECORDING FILE…`: the frames of a recording through a configuration, points on stdout. */
export async function replay(path: string, files: readonly string[], options: ReplayOptions): Promise<number> {
  const log = processLog(options.logLevel)
  const reader = await RecordingReader.open(path)
  const plan = await replayPlan(files, reader.header, options.sinks ? undefined : options.format, log)
  const clock = new SystemClock()
  const side = new Side(plan, reader.header, {
    components,
    log,
    outsideClock: clock,
    partial: options.partial ?? false,
  })
  // Points and progress on one terminal would write over each other.
  const progress = progressLine({
    isTTY: process.stderr.isTTY && !process.stdout.isTTY,
    write: (text) => process.stderr.write(text),
  })
  const run = new Replay(reader, side, {
    speed: options.speed,
    clock,
    onProgress: (played) =>
      progress.show(() => `${new Date(reader.arrivalUs / 1000).toISOString()}: ${countText(played.frames)} frames`),
  })
  const code = await liveToEnd(run, {
    clock,
    log,
    signals: process,
    stderr: {
      write(text) {
        progress.end()
        process.stderr.write(text)
      },
    },
    stopTimeoutMs: plan.stopTimeoutMs,
    exit: (code) => process.exit(code),
  })
  process.stderr.write(remarks(reader, [side], run.played))
  return code
}

/**
 * The plan of a configuration for a recording, without its server. Secrets that are not to be had here are not needed.
 * With `format` all windows go to stdout in it; without, to the configured sinks.
 */
export async function replayPlan(
  files: readonly string[],
  header: RecordingHeader,
  format: string | undefined,
  log: Log,
): Promise<Plan> {
  const load = (offline: boolean) =>
    // A gateway without a name has that of its host, which is not this one.
    loadConfig(files, { components, hostname: header.gateway, pointsTaken: format !== undefined, offline })
  const plan = await load(false).catch(async (error) => {
    if (format === undefined || !(error instanceof ConfigError)) throw error
    const offline = await load(true).catch(() => Promise.reject(error))
    log.warn({}, `placeholders that can't be filled in here stay as they are written: ${error.message}`)
    return offline
  })
  if (format === undefined) return { ...plan, http: undefined }
  const sink = { name: 'stdout', type: 'file', options: { path: '-', format, corrections: false } }
  return {
    ...plan,
    http: undefined,
    sinks: [sink],
    windows: plan.windows.map((window) => ({ ...window, to: [sink.name] })),
  }
}

/** What is to be said at the end besides the ledger, a line each. */
export function remarks(reader: RecordingReader, sides: readonly Side[], played: Played): string {
  const { sources } = reader.header
  const lines: string[] = []
  for (const [i, { unclaimed, silent, gateway }] of sides.entries()) {
    const whose = sides.length > 1 ? `configuration ${i + 1}` : 'the configuration'
    for (const [source, frames] of unclaimed.entries())
      if (frames > 0)
        lines.push(`${countText(frames)} frames of "${visible(sources[source].name)}", which ${whose} has not`)
    for (const name of silent) lines.push(`source "${name}" of ${whose} is not in the recording; it was silent`)
    const lost = gateway.status().sources.reduce((sum, { samples }) => sum + samples.lost, 0)
    if (lost > 0)
      lines.push(`${countText(lost)} samples of windows that began before the recording; --partial writes those too`)
  }
  if (played.missed > 0)
    lines.push(`${countText(played.missed)} frames are missing: they came too fast when it was recorded`)
  if (reader.torn)
    lines.push(
      `the recording was not ended in order${reader.tornAt === undefined ? '' : ` (whole up to byte ${reader.tornAt})`}; what it holds was replayed`,
    )
  return lines.map((line) => `${line}\n`).join('')
}
