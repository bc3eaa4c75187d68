import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Hono } from 'hono'
import { reasonOf } from '../model/errors.js'
import type { Log } from '../model/log.js'
import type { HttpPlan } from '../model/plan.js'
import type { Status } from '../model/status.js'
import { refusalOf } from './guard.js'
import type { Route } from './route.js'

/** How long a reader of a stream may take nothing, ms. */
const STALLED_MS = 60_000

/** What the server answers from. */
export interface HttpContext {
  status(): Status
  log: Log
  /** Further addresses; one of them may stand for an address of the server's own. */
  routes?: readonly Route[]
  /** What a browser without the token gets at `/`. */
  login?: Route
}

/** The listening server. */
export interface HttpServer {
  /** Where it listens, as `http://127.0.0.1:9470`. */
  readonly url: string
  /** Ends at once; open connections are cut. */
  close(): Promise<void>
}

/**
 * Listens for requests about health, status and metrics. A port that is taken, or an address that cannot be had, is
 * a warning, and the gateway goes on without: undefined.
 */
export async function listen(
  plan: HttpPlan,
  { status, log, routes = [], login }: HttpContext,
): Promise<HttpServer | undefined> {
  let app: Promise<Hono> | undefined
  const server = createServer(
    {
      maxHeaderSize: 8192,
      headersTimeout: 5000,
      requestTimeout: 10_000,
      keepAliveTimeout: 5000,
      // Who is gone without a word while a stream is quiet is found out.
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    },
    (request, response) => {
      const refusal = refusalOf(request, plan)
      const open = refusal?.status === 401 ? openRoute(request, routes, login) : undefined
      if (refusal && !open) return refuse(response, refusal)
      app ??= import('./app.js').then(({ createApp }) => createApp(status, routes, plan.token))
      app
        .then((made) => answer(open ? open.answer : made.fetch, request, response))
        .catch((error) => {
          log.error({ url: request.url, reason: reasonOf(error) }, 'cannot answer a request')
          refuse(response, { status: 500, text: 'cannot answer: see the log\n' })
        })
    },
  )
  server.maxConnections = 64
  server.listen(plan.port, plan.host)
  try {
    await once(server, 'listening')
  } catch (error) {
    log.warn(
      { host: plan.host, port: plan.port, reason: reasonOf(error) },
      'cannot listen for status and metrics; going on without; set http to another port, or to false',
    )
    return undefined
  }
  server.on('error', (error) => log.warn({ reason: reasonOf(error) }, 'the status server failed'))
  return { url: urlOf(server), close: () => close(server) }
}

function refuse(response: ServerResponse, { status, text }: { status: number; text: string }): void {
  if (response.headersSent) return void response.destroy()
  const headers: Record<string, string> = { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  if (status === 405) headers.allow = 'GET, HEAD'
  response.writeHead(status, headers).end(text)
}

/** What may be answered without the token: what tells nothing, and a browser's first look. */
function openRoute({ url, headers }: IncomingMessage, routes: readonly Route[], login?: Route): Route | undefined {
  const path = url?.split('?')[0]
  if (path === '/' && /\btext\/html\b/.test(headers.accept ?? '')) return login
  return routes.find((route) => route.open && route.path === path)
}

async function answer(
  fetch: (request: Request) => Response | Promise<Response>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // The path alone decides; the host in the URL is a stand-in, since a Host header may hold anything.
  const url = new URL(`http://localhost/${(request.url ?? '/').replace(/^\/+/, '')}`)
  const { method, headers } = request
  // Asked as GET in any case: who answers HEAD by leaving a stream unread would keep its source open.
  const answered = await fetch(new Request(url, { headers: headers as Record<string, string> }))
  response.writeHead(answered.status, {
    'cache-control': 'no-store',
    ...Object.fromEntries(answered.headers),
    'x-content-type-options': 'nosniff',
  })
  if (answered.body && method === 'HEAD') await answered.body.cancel()
  else if (answered.body) await send(answered.body, response)
  response.end()
}

/** Takes the next piece only when the reader has taken the one before. */
async function send(body: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> {
  const reader = body.getReader()
  if (response.destroyed) return reader.cancel()
  let wake = () => {}
  response.on('drain', () => wake())
  response.once('close', () => {
    wake()
    reader.cancel().catch(() => {})
  })
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    if (response.write(piece.value) || response.destroyed) continue
    // Who takes nothing for so long would hold a place for nothing.
    const patience = setTimeout(() => response.destroy(), STALLED_MS)
    await new Promise<void>((resolve) => {
      wake = resolve
    })
    clearTimeout(patience)
  }
}

function urlOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
