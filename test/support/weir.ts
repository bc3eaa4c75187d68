import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url))

/** The command as a process of its own. */
export interface WeirProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** What it printed so far. */
  stdout(): string
  stderr(): string
  /** Resolves when stderr matches; rejects when the process ends without. */
  said(pattern: RegExp): Promise<void>
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** Starts `weir` with these arguments. It is killed at the test's end if it still runs. */
export function startWeir(
  t: TestContext,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): WeirProcess {
  const child = spawn(process.execPath, [main, ...args], {
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
  return {
    child,
    stdout: () => out,
    stderr: () => err,
    async said(pattern) {
      while (!pattern.test(err)) {
        if (over) throw new Error(`ended without saying ${pattern}:\n${err}`)
        await Promise.race([once(child.stderr, 'data'), ended])
      }
    },
    ended,
  }
}

/** Runs `weir` to its end. */
export async function weir(t: TestContext, args: readonly string[], options?: Parameters<typeof startWeir>[2]) {
  const running = startWeir(t, args, options)
  const code = await running.ended
  return { code, stdout: running.stdout(), stderr: running.stderr() }
}

/** An empty folder that is gone after the test. */
export function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
