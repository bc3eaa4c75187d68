import type { Route } from '../http/route.js'
import type { Clock } from '../model/clock.js'
import type { Taps } from '../model/taps.js'
import { Backlog } from './backlog.js'
import { filterOf } from './filter.js'
import { tapsFor } from './lines.js'
import type { HeadLine } from './wire.js'

/** Readers at once; each may hold a megabyte and take a few percent of a core. */
export const MOST_READERS = 8

/** What a tail looks at. */
export interface TailContext {
  /** As `Gateway.tap`. */
  tap(taps: Taps): () => void
  clock: Clock
  about: Pick<HeadLine, 'weir' | 'gateway'>
}

/**
 * `/tail`: points, samples or frames as they flow, lines of JSON without end. It looks only while somebody reads; who reads
 * too slowly misses some and is told how many.
 */
export function tailRoute({ tap, clock, about }: TailContext): Route {
  let readers = 0
  return {
    path: '/tail',
    answer(request) {
      const filter = filterOf(new URL(request.url).searchParams)
      if (typeof filter === 'string') return new Response(`${filter}\n`, { status: 400 })
      if (readers >= MOST_READERS)
        return new Response(`cannot serve one more tail: ${MOST_READERS} are looking; end one of them\n`, {
          status: 503,
        })
      const encoder = new TextEncoder()
      const backlog = new Backlog(clock)
      const head: HeadLine = { ...about, tail: filter.kind }
      let untap: (() => void) | undefined
      const body = new ReadableStream<Uint8Array>(
        {
          // Looks from the first reading on: who only asks for the head of the answer never reads.
          async pull(controller) {
            let text = `${JSON.stringify(head)}\n`
            if (untap) text = await backlog.take()
            else {
              readers++
              untap = tap(tapsFor(filter, backlog))
            }
            controller.enqueue(encoder.encode(text))
          },
          cancel() {
            if (!untap) return
            readers--
            untap()
            backlog.close()
          },
        },
        // Nothing is made before it can be sent.
        { highWaterMark: 0 },
      )
      return new Response(body, { headers: { 'content-type': 'application/x-ndjson; charset=utf-8' } })
    },
  }
}
