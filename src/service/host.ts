import { execFile } from 'node:child_process'
import { existsSync, lstatSync } from 'node:fs'

/** How a command ended. */
export interface CommandOutcome {
  code: number
  stdout: string
  stderr: string
}

/** The machine as the service's commands see it; tests hand in another. */
export interface Host {
  /** Where its files are; empty for the machine itself. */
  readonly root: string
  /** Is the user root? */
  readonly isRoot: boolean
  /** Was the machine started by systemd? */
  readonly hasSystemd: boolean
  /** Runs a command to its end. Rejects when there is none such. */
  run(command: string, args: readonly string[]): Promise<CommandOutcome>
}

/** This machine. */
export const thisHost: Host = {
  root: '',
  isRoot: process.geteuid?.() === 0,
  // As sd_booted(3) tells.
  hasSystemd: existsSync('/run/systemd/system'),
  run: (command, args) =>
    new Promise((resolve, reject) => {
      execFile(command, [...args], (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(new Error(`cannot run ${command}: ${error.message}`))
        else resolve({ code: Number(error?.code ?? 0), stdout, stderr })
      })
    }),
}

/** Whether a machine has such a file. One in a folder that is closed to us may be there. */
export function holds({ root }: Host, path: string): boolean {
  try {
    lstatSync(root + path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

/** Throws where services can't be changed, with the remedy; `doing` as `install the service`, `again` the command. */
export function assertMayChange(host: Host, doing: string, again: string): void {
  if (!host.hasSystemd)
    throw new Error(
      `cannot ${doing}: this machine was not started by systemd; run weir by its own service manager, as: weir run FILE`,
    )
  if (!host.isRoot) throw new Error(`cannot ${doing}: only root may; run: sudo ${again}`)
}
