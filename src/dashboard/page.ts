import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import type { Route } from '../http/route.js'
import type { Clock } from '../model/clock.js'
import type { Points } from '../model/points.js'
import type { Status } from '../model/status.js'
import { Live } from './live.js'
import { Rows } from './rows.js'

/** The live page: what it takes points from, and the addresses it answers. */
export interface Page {
  take(points: Points): void
  readonly routes: readonly Route[]
  /** What a browser gets that has not shown the token yet. */
  readonly login: Route
}

/** No script and no style but the page's own files; nothing from elsewhere, in no one else's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const FILES: Record<string, [file: string, type: string]> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page/app.js': ['app.js', 'text/javascript; charset=utf-8'],
  '/page/app.css': ['app.css', 'text/css; charset=utf-8'],
  '/page/login.js': ['login.js', 'text/javascript; charset=utf-8'],
}
/** What the page for the token is made of. */
const OPEN = ['/page/app.css', '/page/login.js']
const LOGIN: [file: string, type: string] = ['login.html', 'text/html; charset=utf-8']
/** Rows that one request for small lines may name. */
const SPARKS = 200

/** Makes the page; its files are read at the first request. */
export function createPage(status: () => Status, clock: Clock): Page {
  const rows = new Rows()
  const live = new Live(rows, status, clock)
  const files = Object.entries(FILES).map(
    ([path, file]): Route => ({
      path,
      answer: (request) => answer(file, request),
      ...(OPEN.includes(path) && { open: true }),
    }),
  )
  return {
    take: (points) => rows.take(points),
    login: { path: '/', answer: (request) => answer(LOGIN, request, 401) },
    routes: [
      ...files,
      {
        path: '/live',
        answer: () => new Response(live.stream(), { headers: { 'content-type': 'text/event-stream; charset=utf-8' } }),
      },
      {
        path: '/series',
        answer(request) {
          const asked = new URL(request.url).searchParams
          const history = rows.history(Number(asked.get('id')), Number(asked.get('since') ?? -1))
          return history ? Response.json(history) : new Response('no such row\n', { status: 404 })
        },
      },
      {
        path: '/sparks',
        answer(request) {
          const ids = new URL(request.url).searchParams.get('ids') ?? ''
          return Response.json(rows.sparks(ids.split(',', SPARKS).map(Number)))
        },
      },
    ],
  }
}

const loaded = new Map<string, Promise<{ plain: Uint8Array; packed: Uint8Array }>>()

async function answer([name, type]: [string, string], request: Request, status = 200): Promise<Response> {
  let reading = loaded.get(name)
  if (!reading) {
    reading = readFile(new URL(`../../page/${name}`, import.meta.url)).then((plain) => ({
      plain,
      packed: gzipSync(plain),
    }))
    loaded.set(name, reading)
  }
  const { plain, packed } = await reading
  const zipped = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')
  return new Response(zipped ? packed : plain, {
    status,
    headers: {
      'content-type': type,
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      ...(zipped && { 'content-encoding': 'gzip' }),
    },
  })
}
