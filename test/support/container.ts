import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.js'

/** A Debian root that was booted by systemd, in a container with a network of its own. Needs root. */
export interface Container {
  /** Its file system, as the machine around it sees it. */
  readonly root: string
  /** Runs a shell command in it as its root, and resolves with what it printed. */
  run(command: string): Promise<{ code: number; stdout: string; stderr: string }>
  /** The same for a command that must succeed; resolves with its stdout. */
  sh(command: string): Promise<string>
  /** Shuts it down and removes its files. */
  stop(): Promise<void>
}

export interface ContainerOptions {
  /** Debian packages beside those that Node and systemd need. */
  packages?: readonly string[]
  /** Folders and files of this machine to be seen in it, read-only: path inside → path here. */
  binds?: Record<string, string>
  /** Uses this machine's network instead of one with nothing but loopback. */
  hostNetwork?: boolean
}

const PACKAGES = ['usr-is-merged', 'systemd', 'systemd-sysv', 'dbus', 'procps', 'libstdc++6', 'libatomic1']
/** With /usr merged from the start no script has to do it, and no perl comes for the script. */
const MERGED_USR = '/usr/share/mmdebstrap/hooks/merged-usr'
const COMMAND_MS = 300_000
const BOOT_MS = 60_000

/** Makes the root of this machine's Debian by mmdebstrap, puts this Node into it, and boots it. */
export async function startContainer(options: ContainerOptions = {}): Promise<Container> {
  const { packages = [], binds = {}, hostNetwork = false } = options
  const folder = mkdtempSync(join(tmpdir(), 'weir-container-'))
  const root = join(folder, 'root')
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 20 })
  let machine: ChildProcess | undefined
  let init: number | undefined
  try {
    const include = [...PACKAGES, ...packages].join(',')
    // What is not needed is not unpacked, and nothing is synced to the disk: it is for minutes.
    const quick = ['--dpkgopt=path-exclude=/usr/share/doc/*', '--dpkgopt=path-exclude=/usr/share/locale/*']
    const made = await output('mmdebstrap', [
      ...[
        '--quiet',
        '--variant=minbase',
        `--include=${include}`,
        `--hook-dir=${MERGED_USR}`,
        '--dpkgopt=force-unsafe-io',
        ...quick,
        codename(),
        root,
      ],
    ])
    if (made.code !== 0)
      throw new Error(`cannot make a Debian root: mmdebstrap ended with ${made.code}:\n${made.stderr}`)
    copyFileSync(process.execPath, join(root, 'usr/bin/node'))
    writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n')
    machine = spawn(
      'systemd-nspawn',
      [
        ...['--quiet', '-D', root, '--register=no', '--keep-unit', '--console=read-only', '--link-journal=no'],
        ...(hostNetwork ? [] : ['--private-network']),
        ...Object.entries(binds).map(([inside, here]) => `--bind-ro=${here}:${inside}`),
        '-b',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const said: Buffer[] = []
    for (const stream of [machine.stdout!, machine.stderr!]) stream.on('data', (data) => said.push(data))
    const nspawn = machine
    init = await until('the container begins', () => {
      if (nspawn.exitCode !== null) throw new Error(Buffer.concat(said).toString())
      return firstProcess(nspawn.pid!)
    })
    const first = init
    const kill = () => process.kill(first, 'SIGKILL')
    process.once('exit', kill)
    nspawn.once('exit', () => process.off('exit', kill))
    const run = (command: string) => output('nsenter', ['-t', String(first), '-a', '--', '/bin/bash', '-c', command])
    await until(
      'the container is up',
      async () => {
        const { stdout, stderr } = await run('systemctl is-system-running')
        if (!/^(running|degraded)/.test(stdout)) throw new Error(`${stdout}${stderr}${Buffer.concat(said)}`)
        return true
      },
      BOOT_MS,
    )
    return {
      root,
      run,
      async sh(command) {
        const { code, stdout, stderr } = await run(command)
        if (code !== 0) throw new Error(`${command}: ended with ${code}\n${stdout}${stderr}`)
        return stdout
      },
      async stop() {
        await end(nspawn, first)
        remove()
      },
    }
  } catch (error) {
    if (machine) await end(machine, init)
    remove()
    throw error
  }
}

/** The name of this machine's Debian, so that its Node finds the libraries that it was made for. */
function codename(): string {
  return /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'bookworm'
}

/** The child of nspawn that is number 1 inside; before there is one, others make ready for it. */
function firstProcess(nspawn: number): number | undefined {
  const children = readFileSync(`/proc/${nspawn}/task/${nspawn}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return children.map(Number).find((pid) => /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')))
}

/** Nothing in it is worth an orderly end: with its first process all others are gone, and nspawn tidies up after it. */
async function end(machine: ChildProcess, init: number | undefined): Promise<void> {
  if (machine.exitCode !== null || machine.signalCode !== null) return
  const gone = once(machine, 'exit')
  // Without a first process there is nothing inside that could outlive nspawn.
  if (init === undefined) machine.kill('SIGKILL')
  else process.kill(init, 'SIGKILL')
  await gone
}

function output(command: string, args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const env = {
      ...process.env,
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
      NODE_TEST_CONTEXT: '',
      NODE_EXTRA_CA_CERTS: '',
      LC_ALL: 'C.UTF-8',
    }
    execFile(command, [...args], { timeout: COMMAND_MS, maxBuffer: 1 << 26, env }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error)
      else resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}
