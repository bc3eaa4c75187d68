import type { Route } from '../http/route.js'
import { type Recorded, Recorder } from './recorder.js'

/** Each may hold some MiB that its reader has not taken. */
const MOST_AT_ONCE = 4

/** Where a running gateway gives out a recording of what it takes, from now until the reader has enough. */
export function recordRoute(recorded: Recorded): Route {
  let running = 0
  return {
    path: '/record',
    answer(request) {
      if (request.method === 'HEAD') return new Response(null)
      if (running >= MOST_AT_ONCE)
        return new Response(`${MOST_AT_ONCE} recordings are being made already; end one of them\n`, { status: 503 })
      running++
      const recorder = new Recorder(recorded)
      void recorder.ended.then(() => running--)
      return new Response(recorder.stream, { headers: { 'content-type': 'application/octet-stream' } })
    },
  }
}
