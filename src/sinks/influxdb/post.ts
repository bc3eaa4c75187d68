import * as http from 'node:http'
import * as https from 'node:https'
import type { Clock, Timer } from '../../model/clock.js'

/** What a server said. `text` is cut at 64 KiB. */
export interface Answer {
  status: number
  headers: http.IncomingHttpHeaders
  text: string
}

export interface PostOptions {
  agent: http.Agent
  headers: Record<string, string>
  clock: Clock
  /** Longest time in which 64 KiB of the body must be taken, and then the whole answer come. */
  timeoutMs: number
  signal: AbortSignal
}

const CHUNK_BYTES = 64 * 1024
const MAX_ANSWER_BYTES = 64 * 1024

/** An agent that keeps one connection open. */
export function keepAliveAgent(url: URL): http.Agent {
  const options = { keepAlive: true, maxSockets: 1 }
  return url.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options)
}

/**
 * Posts a body. Rejects on network errors, on the timeout and when the signal aborts. A connection that the server
 * closed while it was idle is replaced at once, unseen.
 */
export async function post(url: URL, body: Uint8Array, options: PostOptions): Promise<Answer> {
  const first = await attempt(url, body, options)
  if (!(first instanceof Error)) return first
  const again = 'reused' in first ? await attempt(url, body, options) : first
  if (again instanceof Error) throw again
  return again
}

function attempt(url: URL, body: Uint8Array, options: PostOptions): Promise<Answer | Error> {
  const { agent, headers, clock, timeoutMs, signal } = options
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      agent,
      signal,
      headers: { ...headers, 'content-length': String(body.length) },
    })
    let timer: Timer | undefined
    let ended = false
    const arm = () => {
      timer?.cancel()
      timer = clock.after(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
    }
    const end = (outcome: Answer | Error) => {
      ended = true
      timer?.cancel()
      resolve(outcome)
    }
    request.on('error', (error: NodeJS.ErrnoException) => {
      const idleClosed = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      end(idleClosed ? Object.assign(error, { reused: true }) : error)
    })
    request.on('response', (response) => {
      const pieces: Buffer[] = []
      let sizeBytes = 0
      const answer = () => ({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(pieces).subarray(0, MAX_ANSWER_BYTES).toString(),
      })
      response.on('data', (piece: Buffer) => {
        pieces.push(piece)
        if ((sizeBytes += piece.length) < MAX_ANSWER_BYTES) return
        end(answer())
        request.destroy()
      })
      response.on('error', end)
      response.on('end', () => end(answer()))
    })
    // In pieces, so that a slow link is told from a dead one.
    const write = (from: number) => {
      if (ended) return
      arm()
      if (from >= body.length) request.end()
      else request.write(body.subarray(from, from + CHUNK_BYTES), (error) => error || write(from + CHUNK_BYTES))
    }
    write(0)
  })
}
