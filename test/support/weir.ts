import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Status } from '../../src/model/status.js'
import { until } from './until.js'

/** The built command. */
export const main = fileURLToPath(new URL('../../src/main.js', import.meta.url))

/** What ends with a test, or with whatever else asked for it. */
export type Scope = Pick<TestContext, 'after'>

/** The command as a process of its own. */
export interface WeirProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** What it printed so far. */
  stdout(): string
  stderr(): string
  /** Resolves when stderr matches; rejects when the process ends without. */
  said(pattern: RegExp): Promise<void>
  /** Messages of the log at these levels, oldest first. */
  messages(...levels: string[]): string[]
  /** A path of its HTTP server, once it is ready. */
  get(path: string): Promise<Response>
  /** What `/status` answers. */
  status(): Promise<Status>
  /** Asks for the status until `look` finds what it looks for in it. */
  shows<T>(what: string, look: (status: Status) => T | undefined | false): Promise<T>
  /** Sends SIGTERM and waits for the end. */
  terminate(): Promise<number | NodeJS.Signals>
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** Starts `weir` with these arguments. It is killed at the test's end if it still runs. */
export function startWeir(
  t: Scope,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; script?: string } = {},
): WeirProcess {
  const child = spawn(process.execPath, [options.script ?? main, ...args], {
    cwd: options.cwd,
    env: { ...process.env, LOG_LEVEL: 'info', NODE_TEST_CONTEXT: '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  let over = false
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text))
  const ended = once(child, 'close').then(([code, signal]) => {
    over = true
    return (code ?? signal) as number | NodeJS.Signals
  })
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const weir: WeirProcess = {
    child,
    stdout: () => out,
    stderr: () => err,
    async said(pattern) {
      while (!pattern.test(err)) {
        if (over) throw new Error(`ended without saying ${pattern}:\n${err}`)
        await Promise.race([once(child.stderr, 'data'), ended])
      }
    },
    messages: (...levels) =>
      err
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as { level: string; msg: string })
        .filter(({ level }) => levels.includes(level))
        .map(({ msg }) => msg),
    async get(path) {
      await weir.said(/"msg":"ready"/)
      const url = /"http":"([^"]+)"/.exec(err)?.[1]
      return fetch(`${url}${path}`)
    },
    status: async () => (await (await weir.get('/status')).json()) as Status,
    async shows(what, look) {
      let last: Status | undefined
      try {
        return await until(what, async () => look((last = await weir.status())))
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${JSON.stringify(last, null, 1)}\n${err}`, { cause: error })
      }
    },
    terminate() {
      child.kill('SIGTERM')
      return ended
    },
    ended,
  }
  return weir
}

/** Runs `weir` to its end. */
export async function weir(t: TestContext, args: readonly string[], options?: Parameters<typeof startWeir>[2]) {
  const running = startWeir(t, args, options)
  const code = await running.ended
  return { code, stdout: running.stdout(), stderr: running.stderr() }
}

/** An empty folder that is gone after the test. */
export function emptyFolder(t: Scope): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An empty folder with these files in it. */
export function folderWith(t: Scope, files: Record<string, string | Uint8Array>): string {
  const folder = emptyFolder(t)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}
