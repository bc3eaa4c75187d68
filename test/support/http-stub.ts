import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { gunzipSync } from 'node:zlib'

export interface StubRequest {
  method: string
  /** Path and query. */
  url: string
  headers: IncomingHttpHeaders
  /** Inflated where it came gzipped. */
  body: string
}

export interface StubAnswer {
  status: number
  headers?: Record<string, string>
  body?: string
  /** Ends the connection after the answer. */
  close?: boolean
}

/** An HTTP server that records requests and answers from a script; `hang` never answers, `cut` ends the connection instead. */
export interface HttpStub {
  url: string
  port: number
  requests: StubRequest[]
  /** Answers to come, first first; when empty, `otherwise` is given. */
  answers: (StubAnswer | 'hang' | 'cut')[]
  otherwise: StubAnswer | 'hang' | 'cut' | ((request: StubRequest) => StubAnswer | 'cut' | Promise<StubAnswer | 'cut'>)
  /** Connections accepted so far. */
  connections: number
  /** Resolves when `count` requests came in whole. */
  received(count: number): Promise<void>
  stop(): Promise<void>
}

export async function startHttpStub(port = 0): Promise<HttpStub> {
  let wake = () => {}
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
    const got: StubRequest = { method: request.method!, url: request.url!, headers: request.headers, body }
    stub.requests.push(got)
    const next = stub.answers.shift() ?? stub.otherwise
    wake()
    const answer = typeof next === 'function' ? await next(got) : next
    if (answer === 'hang') return
    if (answer === 'cut') return request.socket.destroy()
    response.writeHead(answer.status, { ...answer.headers, ...(answer.close ? { connection: 'close' } : {}) })
    response.end(answer.body)
  })
  server.on('connection', () => stub.connections++)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const taken = (server.address() as { port: number }).port
  const stub: HttpStub = {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    requests: [],
    answers: [],
    otherwise: { status: 204 },
    connections: 0,
    async received(count) {
      while (stub.requests.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return stub
}
