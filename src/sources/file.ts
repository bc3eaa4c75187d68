import type { Readable } from 'node:stream'
import * as v from 'valibot'
import { ConfigError } from '../model/errors.js'
import { mayUseArrival } from '../model/plan.js'
import type { Source, SourceComponent, SourceContext, SourceOutput } from '../model/source.js'
import { fileProblem, type Input, openInput } from './file/input.js'
import { Intake } from './file/intake.js'
import { LineBlock } from './file/line-block.js'
import { Tick } from './file/tick.js'

const BLOCK_BYTES = 65536

export interface FileOptions {
  /** `-` is stdin. */
  path: string
}

/** Lines of a file, once from its start to its end. */
export const file: SourceComponent<FileOptions> = {
  type: 'file',
  summary: 'Lines of a file or of stdin, plain or gzip, from start to end',
  options: { path: v.pipe(v.string(), v.minLength(1), v.description('The file, plain or gzip; - is stdin.')) },
  finite: () => true,
  inputs(_options, { time, decode, payloadTags, constantTags }) {
    if (!decode) return 'cannot read the lines: no `decode`; say what is in them, as in `decode: { type: csv, … }`'
    if (!time || mayUseArrival(time))
      return 'cannot time rows of a file by their arrival; name where their time is, as in `time: { path: ts, unit: ms }`'
    return [{ time, decode, payloadTags, constantTags }]
  },
  create: (options, context) => new FileSource(options, context),
}

/**
 * Hands the file over in blocks of whole lines and takes a turn after each. A file's blocks depend on its bytes alone;
 * stdin is cut by the tick too, so that a slow pipe shows its results.
 */
class FileSource implements Source {
  readonly #options: FileOptions
  readonly #context: SourceContext
  #input?: Input

  constructor(options: FileOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
  }

  status(): Record<string, unknown> {
    const { sizeBytes, readBytes } = this.#input ?? {}
    return { path: this.#options.path, readBytes: readBytes?.() ?? 0, sizeBytes }
  }

  /** Rejects with a ConfigError when the file can't be read to its end: reading it again would count its rows twice. */
  async run(out: SourceOutput, signal: AbortSignal): Promise<'end' | 'aborted'> {
    const input = await this.#orProblem(openInput(this.#options.path, signal), signal)
    if (!input) return 'aborted'
    this.#input = input
    const { text } = input
    const stop = () => text.destroy()
    signal.addEventListener('abort', stop, { once: true })
    try {
      out.link('up', this.#options.path)
      await this.#read(text, out, signal)
      return signal.aborted ? 'aborted' : 'end'
    } finally {
      signal.removeEventListener('abort', stop)
      text.destroy()
    }
  }

  /** Reads to the end, or until the signal aborts. */
  async #read(text: Readable, out: SourceOutput, signal: AbortSignal): Promise<void> {
    const block = new LineBlock(BLOCK_BYTES, this.#context.maxFrameBytes)
    const intake = new Intake(block, out, this.#openChannel(out), signal)
    const chunks = text[Symbol.asyncIterator]()
    const tick = new Tick(out)
    const live = this.#options.path === '-'
    let next = this.#next(chunks, signal)
    try {
      while (!signal.aborted) {
        if (live && block.hasLines) tick.arm()
        const chunk = await (tick.due ? Promise.race([next, tick.due]) : next)
        if (chunk === 'due') {
          tick.disarm()
          await intake.take(block.cut())
          continue
        }
        if (!chunk) break
        for (let from = block.add(chunk, 0); from < chunk.length && !signal.aborted; from = block.add(chunk, from)) {
          tick.disarm()
          await intake.take(block.cut())
        }
        next = this.#next(chunks, signal)
      }
      if (!signal.aborted) await intake.take(block.cut(true))
    } finally {
      tick.disarm()
      if (block.heldBytes) out.lostBytes(block.heldBytes)
    }
  }

  /** The next bytes, undefined at the end. */
  #next(chunks: AsyncIterator<Buffer>, signal: AbortSignal): Promise<Buffer | undefined> {
    const next = this.#orProblem(chunks.next(), signal).then((step) => (step?.done ? undefined : step?.value))
    // It may fail while a block is on its way; it is awaited after that.
    next.catch(() => {})
    return next
  }

  #openChannel(out: SourceOutput): number {
    return out.channel({ name: this.#options.path, input: 0, tags: this.#context.inputs[0].constantTags })
  }

  /** What was read, undefined after an abort; rejects in the words of the configuration. */
  async #orProblem<T>(reading: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    try {
      return await reading
    } catch (error) {
      if (signal.aborted) return undefined
      const message = fileProblem(this.#options.path, error)
      throw new ConfigError([{ path: `sources.${this.#context.name}.path`, message }])
    }
  }
}
