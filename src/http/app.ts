import { Hono } from 'hono'
import type { Status } from '../model/status.js'
import { createMetricsPage, type MetricsPage } from '../observe/metrics.js'
import { loginCookie } from './guard.js'
import type { Route } from './route.js'

const endpoints = `weir

/healthz  200 while the process is alive
/readyz   200 when ready, 503 before
/status   the whole status with its ledger, JSON
/metrics  metrics for Prometheus
/tail     points, samples or frames as they flow, lines of JSON; \`weir tail\` shows them
/record   a recording of the frames as they come; \`weir record\` keeps it
`

/** The endpoints. Loaded at the first request; metrics at the first scrape. */
export function createApp(status: () => Status, routes: readonly Route[], token?: string): Hono {
  const app = new Hono()
  let page: Promise<MetricsPage> | undefined
  for (const { path, answer } of routes) app.get(path, (c) => answer(c.req.raw))
  if (token !== undefined) app.get('/login', (c) => c.body(null, 204, { 'set-cookie': loginCookie(token) }))
  app.get('/', (c) => c.text(endpoints))
  app.get('/healthz', (c) => c.text('alive\n'))
  app.get('/readyz', (c) => (status().ready ? c.text('ready\n') : c.text('not ready\n', 503)))
  app.get('/status', (c) => c.json(status()))
  app.get('/metrics', async (c) => {
    page ??= createMetricsPage()
    const { text, contentType } = await page
    return c.body(await text(status(), Date.now() * 1000), 200, { 'content-type': contentType })
  })
  app.notFound((c) => c.text(`nothing at this address\n\n${endpoints}`, 404))
  return app
}
