import type { TailEvent } from '../tail/event.js'
import { type Filter, filterQuery, type Kind } from '../tail/filter.js'
import { eventText } from '../tail/text.js'
import { EXIT } from './exit-codes.js'
import { type RemoteOptions, remoteWeir } from './remote.js'

/** What the command line says. */
export interface TailOptions extends RemoteOptions, Omit<Filter, 'tags'> {
  tag?: Record<string, string>
  count?: number
  seconds?: number
  json?: boolean
}

/** `weir tail`: frames, samples or points of a running weir as they flow, until Ctrl-C. */
export async function tail(kind: Kind, options: TailOptions): Promise<number> {
  const { source, field, window, channel, tag, count = Number.POSITIVE_INFINITY, seconds, json } = options
  const remote = await remoteWeir(options)
  const over = new AbortController()
  const end = () => over.abort()
  process.once('SIGINT', end).once('SIGTERM', end)
  process.stdout.once('error', end)
  const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1000)
  let left = count
  try {
    const answer = await remote.get(
      `/tail?${filterQuery(kind, { source, field, window, channel, tags: tag })}`,
      over.signal,
    )
    for await (const line of linesOf(answer.body!)) {
      const event = JSON.parse(line) as TailEvent
      const text = json ? line : eventText(event)
      // A slow terminal slows the stream, and the gateway counts what it does not tell.
      if (!process.stdout.write(`${text}\n`))
        await new Promise((resolve) => process.stdout.once('drain', resolve).once('error', resolve))
      if (!('missed' in event) && --left <= 0) break
    }
    if (left > 0 && !over.signal.aborted) {
      process.stderr.write(`weir: ${remote.url} has ended the stream\n`)
      return EXIT.failure
    }
  } catch (error) {
    if (!over.signal.aborted) throw error
  } finally {
    clearTimeout(timer)
    over.abort()
  }
  return EXIT.ok
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop()!
    yield* lines
  }
}
