import http from 'node:http'
import https from 'node:https'
import { LinkError, reasonOf } from '../model/errors.js'

/** Bytes from another process, and how to have enough of them. */
export interface Remote {
  chunks: AsyncIterable<Buffer>
  /** Ends it: what has come can still be read. */
  stop(): void
}

/**
 * Asks a running weir for a recording. `at` is the address of its status server, as `http://127.0.0.1:9470`.
 * Rejects with a LinkError when it does not answer, or with no.
 */
export function openRemote(at: URL, token?: string): Promise<Remote> {
  const url = new URL('/record', at)
  const get = url.protocol === 'https:' ? https.get : http.get
  const headers = token ? { authorization: `Bearer ${token}` } : {}
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => reject(new LinkError(`cannot record from ${at.origin}: ${why}`))
    const request = get(url, { headers }, (response) => {
      let stopped = false
      if (response.statusCode !== 200) {
        request.destroy()
        return refuse(refusalText(response.statusCode))
      }
      resolve({
        chunks: untilStopped(response, () => stopped),
        stop() {
          stopped = true
          request.destroy()
        },
      })
    })
    request.on('error', (error) => refuse(`${reasonOf(error)}; is weir running there, with http on?`))
  })
}

function refusalText(status = 0): string {
  if (status === 401) return 'it wants the token of its configuration; give it with --token, or in WEIR_TOKEN'
  if (status === 404) return 'it knows no /record; it is older than this command'
  if (status === 503) return 'as many recordings as it makes at once are being made; end one of them'
  return `it answers ${status}`
}

async function* untilStopped(response: http.IncomingMessage, stopped: () => boolean): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>
  } catch (error) {
    if (!stopped()) throw new LinkError(`the connection was closed: ${reasonOf(error)}`)
  }
}
