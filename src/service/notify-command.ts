import { type SpawnOptions, spawn } from 'node:child_process'
import type { Notifier } from './notify-socket.js'

/**
 * The same through systemd's own command, a process for each message: where koffi can't load. The unit must say
 * `NotifyAccess=all`, since the command is not the service's main process.
 */
export function notifyByCommand(start: (command: string, args: string[], options: SpawnOptions) => unknown = run) {
  // No --no-block: without waiting the command is often gone before the manager can tell whose it was.
  const notifier: Notifier = {
    send: (lines) => void start('systemd-notify', [...lines], { stdio: 'ignore' }),
    close() {},
  }
  return notifier
}

function run(command: string, args: string[], options: SpawnOptions): void {
  const child = spawn(command, args, options)
  // Without the command there is nothing to be notified by; the manager's own time-out tells.
  child.on('error', () => {})
  child.unref()
}
