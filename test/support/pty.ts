import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Two pseudo-terminals joined as by a cable: what is written into one is read from the other. */
export interface PtyPair {
  /** The end that weir opens. */
  port: string
  /** The device's end; plain file calls will do. */
  device: string
  /** Both ends go away, as when the device is unplugged. Resolves once the process behind them has ended. */
  unplug(): Promise<void>
}

/** Joins two pseudo-terminals by socat, under the same names each time when `folder` is given. Call `unplug` at the end. */
export async function openPtyPair(folder?: string): Promise<PtyPair> {
  const made = folder ? undefined : mkdtempSync(join(tmpdir(), 'weir-pty-'))
  folder ??= made!
  const port = join(folder, 'port')
  const device = join(folder, 'device')
  const socat = spawn('socat', [`pty,raw,echo=0,link=${port}`, `pty,raw,echo=0,link=${device}`], { stdio: 'ignore' })
  const end = () => void socat.kill('SIGKILL')
  process.once('exit', end)
  const failed = once(socat, 'error').then(([error]) => Promise.reject(error))
  await Promise.race([failed, linked(socat, [port, device])])
  return {
    port,
    device,
    async unplug() {
      if (socat.exitCode !== null || socat.signalCode !== null) return
      const gone = once(socat, 'exit')
      end()
      await gone
      process.off('exit', end)
      // Killed, it leaves its links behind; a device that is gone has none.
      for (const path of [port, device]) rmSync(path, { force: true })
      if (made) rmSync(made, { recursive: true })
    },
  }
}

async function linked(socat: ChildProcess, paths: string[]): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (paths.every((path) => existsSync(path))) return
    assert.equal(socat.exitCode, null, 'socat ended')
    await delay(10)
  }
  assert.fail('socat made no pseudo-terminals in 5 s')
}
