import { execFile } from 'node:child_process'
import { reasonOf } from '../model/errors.js'
import type { Notifier } from './notify-socket.js'

/**
 * The same through systemd's own command, a process for each message: where koffi can't load. The unit must say
 * `NotifyAccess=all`, since the command is not the service's main process. Rejects where the command doesn't work.
 */
export async function notifyByCommand(
  run: (lines: readonly string[]) => Promise<void> = systemdNotify,
): Promise<Notifier> {
  await run(['STATUS=starting'])
  return {
    // One that fails later is mended by the next.
    send: (lines) => void run(lines).catch(() => {}),
    close() {},
  }
}

function systemdNotify(lines: readonly string[]): Promise<void> {
  // No --no-block: without waiting the command is often gone before the manager can tell whose it was.
  return new Promise((resolve, reject) => {
    execFile('systemd-notify', [...lines], (error) => {
      if (error) reject(new Error(`systemd-notify does not work: ${reasonOf(error).trim()}`))
      else resolve()
    })
  })
}
