import type { Clock, Timer } from '../model/clock.js'
import { reasonOf } from '../model/errors.js'
import type { Log } from '../model/log.js'
import type { Status } from '../model/status.js'
import { notifyByCommand } from './notify-command.js'
import { type Notifier, openNotifySocket } from './notify-socket.js'
import { createStatusLine } from './status-line.js'
import { STOP_MARGIN_MS } from './stop-margin.js'

/** How the service manager is kept informed while weir runs under one. */
export interface Supervision {
  ready(): void
  /** The configuration is being loaded anew; `ready` ends it. */
  reloading(): void
  stopping(): void
  close(): void
}

/** What it takes to inform one. */
export interface SupervisionOptions {
  clock: Clock
  log: Log
  status(): Status
  env: Readonly<Record<string, string | undefined>>
  pid: number
  stopTimeoutMs: number
  /** By `$NOTIFY_SOCKET` unless given. */
  notifier?: Notifier
}

/** How often the status is told where no watchdog asks for more, ms. */
const STATUS_EVERY_MS = 10_000

/**
 * Follows sd_notify(3): says when weir is ready and when it stops, and from then on, at half of the watchdog's time,
 * that this thread still turns and what it does. Each message says all that holds, so that a lost one is mended by the next.
 * Rejects, with the remedy, when there is no way to say anything.
 */
export async function superviseThis(options: SupervisionOptions): Promise<Supervision> {
  const { clock, log, env, pid } = options
  const notifier = options.notifier ?? (await openNotifier(env.NOTIFY_SOCKET ?? '', log))
  const watchdogMs = watchdogOf(env, pid)
  const statusLine = createStatusLine(clock)
  let state = (): string[] => []
  let timer: Timer | undefined
  const beat = () => {
    timer?.cancel()
    timer = clock.after(watchdogMs === undefined ? STATUS_EVERY_MS : watchdogMs / 2, beat)
    const alive = watchdogMs === undefined ? [] : ['WATCHDOG=1']
    notifier.send([...state(), `STATUS=${statusLine(options.status())}`, ...alive])
  }
  return {
    ready() {
      state = () => ['READY=1']
      beat()
    },
    reloading() {
      // CLOCK_MONOTONIC, by which systemd tells this reload from one before.
      const us = process.hrtime.bigint() / 1000n
      state = () => ['RELOADING=1', `MONOTONIC_USEC=${us}`]
      beat()
    },
    stopping() {
      // The unit knows the stopTimeout that it was made for; the configuration may ask for more since.
      const endMs = clock.monotonicMs() + options.stopTimeoutMs + STOP_MARGIN_MS
      const leftUs = () => Math.max(0, Math.round((endMs - clock.monotonicMs()) * 1000))
      state = () => ['STOPPING=1', `EXTEND_TIMEOUT_USEC=${leftUs()}`]
      beat()
    },
    close() {
      timer?.cancel()
      notifier.close()
    },
  }
}

async function openNotifier(address: string, log: Log): Promise<Notifier> {
  try {
    return await openNotifySocket(address)
  } catch (error) {
    const reason = reasonOf(error)
    const notifier = await notifyByCommand().catch((problem) => {
      throw new Error(
        `cannot tell the service manager that weir is ready: ${reason}; and ${reasonOf(problem)}; install weir with its optional package koffi, or systemd-notify, or unset NOTIFY_SOCKET where no service manager waits for it`,
      )
    })
    log.warn(
      { reason },
      'the service manager is told by systemd-notify, a process for each message; the unit must say NotifyAccess=all, as weir service install writes it',
    )
    return notifier
  }
}

/** The watchdog's time in ms; undefined when there is none, or it waits for another process. */
export function watchdogOf(env: Readonly<Record<string, string | undefined>>, pid: number): number | undefined {
  const us = Number(env.WATCHDOG_USEC)
  if (!(us > 0)) return undefined
  return env.WATCHDOG_PID && Number(env.WATCHDOG_PID) !== pid ? undefined : us / 1000
}
