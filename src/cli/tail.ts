import { once } from 'node:events'
import { reasonOf } from '../model/errors.js'
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
  tag: string[]
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
  const body = await running.get(`/tail?${queryOf(filter)}`, signal)
  const timer = options.seconds === undefined ? undefined : setTimeout(end, options.seconds * 1000)
  try {
    await show(linesOf(body), options)
    if (signal.aborted) return EXIT.ok
    process.stderr.write(`weir: the weir at ${running.url} has ended\n`)
    return EXIT.failure
  } catch (error) {
    if (signal.aborted) return EXIT.ok
    process.stderr.write(`weir: the weir at ${running.url} has ended: ${reasonOf(error)}\n`)
    return EXIT.failure
  } finally {
    clearTimeout(timer)
    end()
  }

  /** Until the lines end, or there is enough. */
  async function show(lines: AsyncIterable<string>, { count, json }: TailOptions): Promise<void> {
    const { stdout } = process
    const text = new TailText(createPaint(coloursWanted(stdout, process.env)))
    let left = count ?? Number.POSITIVE_INFINITY
    for await (const line of lines) {
      if (signal.aborted) return
      const parsed = JSON.parse(line) as TailLine
      if ('weir' in parsed) {
        if (stdout.isTTY && !json) process.stderr.write(headText(parsed))
        continue
      }
      const written = stdout.write(`${json ? visibleJson(line) : text.line(parsed)}\n`)
      if (!written) await Promise.race([once(stdout, 'drain'), once(signal, 'abort')])
      if (!('unseen' in parsed || 'counted' in parsed) && --left === 0) return end()
    }
  }
}

function chosen(kind: Kind, { source, field, topic, window, tag }: TailOptions): Filter | string {
  const query = queryOf({ kind, source, field, topic, window, tags: {} })
  for (const each of tag) query.append('tag', each)
  return filterOf(query)
}

const headText = ({ tail, gateway }: HeadLine) => `${tail} of ${visible(gateway)}; Ctrl-C ends\n`
