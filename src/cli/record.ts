import { components } from '../components.js'
import { loadConfig } from '../config/load.js'
import { SystemClock } from '../engine/clock.js'
import { Gateway } from '../gateway.js'
import { ConfigError, LinkError, reasonOf } from '../model/errors.js'
import { isLive, type Plan } from '../model/plan.js'
import type { LogLevel } from '../observe/log-levels.js'
import { countText } from '../observe/text-table.js'
import { type Copied, type CopyOptions, copyRecording } from '../recording/copy.js'
import { RecordingReader } from '../recording/reader.js'
import { Recorder } from '../recording/recorder.js'
import { RecordingFile } from '../recording/recording-file.js'
import { EXIT } from './exit-codes.js'
import { liveToEnd } from './life.js'
import { processLog } from './process-log.js'
import { progressLine } from './progress-line.js'
import { Running, type RunningOptions } from './running.js'

export interface RecordOptions extends RunningOptions {
  /** The file to make. */
  out: string
  seconds?: number
  frames?: number
  logLevel: LogLevel
}

/** `weir record`: frames with their timing into a file, from the sources of a configuration or from a running weir. */
export async function record(files: readonly string[], options: RecordOptions): Promise<number> {
  if (files.length === 0) return recordRunning(options)
  if (options.at === undefined && options.config === undefined) return recordSources(files, options)
  process.stderr.write(
    'weir: cannot record: files are opened here, --at and --config ask a running weir; give one of them\n',
  )
  return EXIT.usage
}

/** Opens the sources of a configuration in this process, beside whoever else runs it. */
async function recordSources(files: readonly string[], options: RecordOptions): Promise<number> {
  const plan = recordable(await loadConfig(files, { components, pointsTaken: true }))
  const log = processLog(options.logLevel)
  const clock = new SystemClock()
  const file = await RecordingFile.create(options.out)
  const gateway = new Gateway(plan, { components, log, clock, listenOnly: true })
  const recorder = new Recorder({ plan, clock, tap: (taps) => gateway.tap(taps) })
  const chunks = recorder.stream as unknown as AsyncIterable<Uint8Array>
  const reader = await RecordingReader.read(options.out, buffers(chunks))
  const copying = copy(reader, file, options)
  const code = await liveToEnd(gateway, {
    clock,
    log,
    signals: process,
    // The samples of a recording go nowhere.
    stderr: { write: () => {} },
    stopTimeoutMs: plan.stopTimeoutMs,
    exit: (code) => process.exit(code),
    onReady: () => log.info({ gateway: plan.gateway, out: options.out }, 'recording; end it with Ctrl-C'),
    until: Promise.race([copying.then(ignore, ignore), seconds(options.seconds)]),
  })
  recorder.stop()
  say(options.out, await copying)
  return code
}

/** The plan without what comes behind the sources. Throws a ConfigError when there is nothing to record. */
function recordable(plan: Plan): Plan {
  const sources = plan.sources.filter(isLive)
  if (sources.length === 0)
    throw new ConfigError([
      {
        path: 'sources',
        message: 'cannot record: every source is a file, which is its own recording; run the configuration on it again',
      },
    ])
  return { ...plan, sources, windows: [], sinks: [], workers: 0, http: undefined }
}

/** Asks a running weir; its sources go on as they are. */
async function recordRunning(options: RecordOptions): Promise<number> {
  const log = processLog(options.logLevel)
  const enough = new AbortController()
  const running = await Running.find(options)
  const response = await running.get('/record', enough.signal)
  const file = await RecordingFile.create(options.out)
  const reader = await RecordingReader.read(running.url, untilEnough(response, enough.signal))
  log.info({ gateway: reader.header.gateway, out: options.out }, 'recording; end it with Ctrl-C')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => enough.abort())
  void seconds(options.seconds).then(() => enough.abort())
  say(options.out, await copy(reader, file, options))
  return EXIT.ok
}

async function* untilEnough(response: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* response
  } catch (error) {
    if (!signal.aborted) throw new LinkError(`the connection was closed: ${reasonOf(error)}`)
  }
}

async function copy(reader: RecordingReader, file: RecordingFile, options: RecordOptions): Promise<Copied> {
  const startMs = performance.now()
  const passedMs = () => performance.now() - startMs
  const progress = progressLine(process.stderr)
  const how: CopyOptions = {
    ...(options.frames !== undefined && { frames: options.frames }),
    endedUs: () => reader.header.startedUs + Math.round(passedMs() * 1000),
    onProgress: (copied) => progress.show(() => `${Math.round(passedMs() / 1000)} s: ${countsText(copied)}`),
  }
  return copyRecording(reader, file, how).finally(() => progress.end())
}

function say(path: string, copied: Copied): void {
  process.stderr.write(`${path}: ${countsText(copied)}\n`)
}

function countsText({ frames, bytes, missed }: Copied): string {
  const all = `${countText(frames)} frames, ${countText(bytes)} bytes`
  return missed ? `${all}; ${countText(missed)} frames missed: the file was written too slowly` : all
}

async function* buffers(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const { buffer, byteOffset, byteLength } of chunks) yield Buffer.from(buffer, byteOffset, byteLength)
}

/** Resolves after so many seconds; never without. */
function seconds(n: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (n !== undefined) setTimeout(resolve, n * 1000).unref()
  })
}

const ignore = () => {}
