import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const examples = resolve(import.meta.dirname, '../../../firmware-bridge/examples')

/** The firmware of firmware-bridge/examples/, built into a folder of its own. */
export interface Firmware {
  /** The host example: `sensor DEVICE SECONDS [BYTES_A_SECOND]`. */
  readonly sensor: string
  /** Starts it on a simulated processor; resolves with the pseudo-terminal that is its serial port. */
  simulate(board: Board): Promise<Simulated>
  /** Ends what still runs and removes the folder. */
  clear(): Promise<void>
}

export type Board = 'ATmega328P' | 'Cortex-M3'

/** A firmware that runs until it is stopped. */
export interface Simulated {
  readonly port: string
  stop(): Promise<void>
}

/** Builds every example. */
export async function buildFirmware(): Promise<Firmware> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-firmware-'))
  await promisify(execFile)('make', ['-C', examples, `BUILD=${folder}`])
  const running = new Set<() => Promise<void>>()
  const commands: Record<Board, [command: string, args: string[], path: RegExp]> = {
    ATmega328P: [join(folder, 'simavr-run'), [join(folder, 'avr.elf')], /^pty (\S+)/],
    'Cortex-M3': [
      'qemu-system-arm',
      `-M lm3s6965evb -nographic -monitor none -serial pty -kernel ${join(folder, 'cortex-m.elf')}`.split(' '),
      /redirected to (\S+)/,
    ],
  }
  return {
    sensor: join(folder, 'sensor'),
    async simulate(board) {
      const [command, args, path] = commands[board]
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: folder } })
      const kill = () => void child.kill('SIGKILL')
      process.once('exit', kill)
      const stop = async () => {
        running.delete(stop)
        process.off('exit', kill)
        if (child.exitCode !== null || child.signalCode !== null) return
        const gone = once(child, 'exit')
        kill()
        await gone
      }
      running.add(stop)
      return { port: await said(child, path), stop }
    },
    async clear() {
      for (const stop of running) await stop()
      rmSync(folder, { recursive: true })
    },
  }
}

/** What the pattern finds in the lines of a process; qemu says it on stdout or stderr by its version. */
async function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  const lines: string[] = []
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!])
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line)
        const found = pattern.exec(line)
        if (found) resolve(found[1])
      })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`the simulator ended:\n${lines.join('\n')}`)))
  })
}
