import type { Logger } from 'pino'
import { components as everything } from '../components.js'
import { createPage } from '../dashboard/page.js'
import { SystemClock } from '../engine/clock.js'
import { Gateway } from '../gateway.js'
import { type HttpServer, listen } from '../http/server.js'
import type { Components } from '../model/components.js'
import { reasonOf } from '../model/errors.js'
import type { Plan } from '../model/plan.js'
import type { Points } from '../model/points.js'
import type { Status } from '../model/status.js'
import type { Taps } from '../model/taps.js'
import { recordRoute } from '../recording/record-route.js'
import { tailRoute } from '../tail/route.js'
import { version } from '../version.js'
import { liveToEnd } from './life.js'

/** What a command adds to a run. */
export interface RunExtras {
  log: Logger
  /** All there are unless given. */
  components?: Components
  /** Sees all points as they are emitted; they are valid only during the call. */
  onPoints?(points: Points): void
  /** Called when ready, with a look at the gateway's status and the address of its status server, where it listens. */
  onReady?(status: () => Status, url: string | undefined): void
  /** Ends the run as a signal does. */
  until?: Promise<unknown>
  /** Reads the plan again, when SIGHUP asks for it; rejects with a ConfigError. */
  reload?(): Promise<Plan>
  /** Takes the ledger at the end; stderr unless given. */
  stderr?: { write(text: string): unknown }
}

/** Runs a plan in this process, with its status server, until it ends; resolves with the exit code. */
export async function runPlan(plan: Plan, extras: RunExtras): Promise<number> {
  const { log, components = everything, onPoints, onReady, until, stderr, reload } = extras
  const clock = new SystemClock()
  const gateway = new Gateway(plan, { components, log, clock, onPoints })
  const status = () => gateway.status()
  const supervision = process.env.NOTIFY_SOCKET
    ? await (await import('../service/notify.js')).superviseThis({
        clock,
        log,
        status,
        env: process.env,
        pid: process.pid,
        stopTimeoutMs: plan.stopTimeoutMs,
      })
    : undefined
  let server: HttpServer | undefined
  if (plan.http) {
    const page = createPage(status, clock)
    const tap = (taps: Taps) => gateway.tap(taps)
    tap({ points: (points) => page.take(points) })
    const about = { weir: version, gateway: plan.gateway }
    const recorded = {
      clock,
      tap,
      get plan() {
        return gateway.plan
      },
    }
    const routes = [...page.routes, tailRoute({ tap, clock, about }), recordRoute(recorded)]
    server = await listen(plan.http, { status, log, routes, login: page.login })
  }
  // Once it is ready, and one after the other, so that what the file says last is what runs.
  let whenReady = () => {}
  let loading = new Promise<void>((resolve) => {
    whenReady = resolve
  })
  let isStopping = false
  const onHangUp = () => {
    loading = loading.then(async () => {
      if (isStopping) return
      supervision?.reloading()
      await loadAnew(gateway, reload!, log)
      if (!isStopping) supervision?.ready()
    })
  }
  // In a terminal SIGHUP says that it was closed.
  if (reload && !process.stdin.isTTY) process.on('SIGHUP', onHangUp)
  const code = await liveToEnd(gateway, {
    clock,
    log,
    signals: process,
    stderr: stderr ?? process.stderr,
    stopTimeoutMs: plan.stopTimeoutMs,
    exit: (code) => process.exit(code),
    onReady() {
      // From the start of the process, as a person waits for it.
      log.info({ gateway: plan.gateway, http: server?.url, ms: Math.round(performance.now()) }, 'ready')
      supervision?.ready()
      whenReady()
      onReady?.(status, server?.url)
    },
    onStopping() {
      isStopping = true
      supervision?.stopping()
    },
    until,
  })
  process.off('SIGHUP', onHangUp)
  await server?.close()
  supervision?.close()
  return code
}

/** All or nothing: what can't be loaded changes nothing, and is said. */
async function loadAnew(gateway: Gateway, read: () => Promise<Plan>, log: Logger): Promise<void> {
  try {
    const changes = await gateway.reload(await read())
    log.info(
      { changes },
      changes.length > 0 ? 'the configuration was loaded anew' : 'the configuration has not changed',
    )
  } catch (error) {
    log.error({}, `the configuration was not loaded anew, and all goes on as it was: ${reasonOf(error)}`)
  }
}
