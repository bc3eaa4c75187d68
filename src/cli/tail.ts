import { once } from 'node:events'
import { LinkError, reasonOf } from '../model/errors.js'
import { coloursWanted, createPaint } from '../observe/paint.js'
import { visible, visibleJson } from '../observe/visible.js'
import { type Filter, filterOf, type Kind, queryOf } from '../tail/filter.js'
import { linesOf } from '../tail/reader.js'
import { TailText } from '../tail/text.js'
import type { HeadLine, TailLine } from '../tail/wire.js'
import { enough } from './enough.js'
import { EXIT } from './exit-codes.js'
import { Running, type RunningOptions } from './running.js'

/** What the command line says. */
export interface TailOptions extends RunningOptions {
  source?: string
  field?: string
  tag?: string[]
  topic?: string
  window?: string
  count?: number
  seconds?: number
  json?: boolean
}

/** `weir tail`: what flows in a running weir, until there is enough of it or nobody reads; the exit code. */
export async function tail(kind: Kind, options: TailOptions): Promise<number> {
  const filter = chosen(kind, options)
  if (typeof filter === 'string') {
    process.stderr.write(`weir: ${filter}\n`)
    return EXIT.usage
  }
  const running = await Running.find(options)
  const controller = enough()
  const { signal } = controller
  const end = () => controller.abort()
  let timer: NodeJS.Timeout | undefined
  try {
    const body = await running.get(`/tail?${queryOf(filter)}`, signal)
    if (options.seconds !== undefined) timer = setTimeout(end, options.seconds * 1000)
    await show(linesOf(body), options)
    if (signal.aborted) return EXIT.ok
    throw new LinkError(`the weir at ${running.url} has ended`)
  } catch (error) {
    if (signal.aborted) return EXIT.ok
    if (error instanceof LinkError) throw error
    throw new LinkError(`the weir at ${running.url} has ended: ${reasonOf(error)}`, { cause: error })
  } finally {
    clearTimeout(timer)
    end()
  }

  /** Until the lines end, or there is enough. */
  async function show(pieces: AsyncIterable<string[]>, { count, json }: TailOptions): Promise<void> {
    const { stdout } = process
    const text = new TailText(createPaint(coloursWanted(stdout, process.env)))
    let left = count ?? Number.POSITIVE_INFINITY
    for await (const lines of pieces) {
      let shown = ''
      for (const line of lines) {
        const parsed = parsedLine(line)
        if ('weir' in parsed) {
          if (stdout.isTTY && !json) process.stderr.write(headText(parsed))
          continue
        }
        shown += `${json ? visibleJson(line) : text.line(parsed)}\n`
        if (!('unseen' in parsed || 'counted' in parsed) && --left === 0) break
      }
      const written = stdout.write(shown)
      if (left === 0) return end()
      if (!written) await once(stdout, 'drain', { signal })
    }
  }
}

function chosen(kind: Kind, { source, field, topic, window, tag = [] }: TailOptions): Filter | string {
  const query = queryOf({ kind, source, field, topic, window, tags: {} })
  for (const each of tag) query.append('tag', each)
  return filterOf(query)
}

function parsedLine(line: string): TailLine {
  try {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed === 'object' && parsed !== null) return parsed as TailLine
  } catch {}
  throw new LinkError('cannot read what is sent: it is no line of JSON; is this a weir?')
}

const headText = ({ tail, gateway }: HeadLine) => `${tail} of ${visible(gateway)}; Ctrl-C ends\n`
