import type { Route } from '../http/route.js'
import type { Taps } from '../model/taps.js'
import { feed } from './feed.js'
import { KINDS, readQuery } from './filter.js'

/** `/tail?of=points&field=temp*&tag=machine=press-*`: what flows, as lines of JSON, until the reader goes. */
export function tailRoute(tap: (taps: Taps) => () => void): Route {
  return {
    path: '/tail',
    answer(request) {
      const asked = readQuery(new URL(request.url).searchParams)
      if (!asked) return new Response(`of= is one of ${KINDS.join(', ')}; tag= is name=glob\n`, { status: 400 })
      const headers = { 'content-type': 'application/x-ndjson; charset=utf-8' }
      return new Response(feed(asked.kind, asked.filter, tap), { headers })
    },
  }
}
