import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { InfluxDB } from 'influx'

export interface InfluxdOptions {
  /** With an administrator `admin`, password `secret`. */
  auth?: boolean
  maxBodyBytes?: number
}

/** A real InfluxDB 1 of its own: own port on loopback, own folder. */
export interface Influxd {
  url: string
  port: number
  pid: number
  /** The `influx` package on it, as an independent reader. */
  client(database?: string): InfluxDB
  /** Ends the process at once, as kill -9 does; its data stay. */
  kill(): void
  /** Ends the process; its data stay. */
  halt(): Promise<void>
  /** Starts it again on the same port and data. */
  restart(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export async function startInfluxd(options: InfluxdOptions = {}): Promise<Influxd> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-influxd-'))
  let child: ChildProcess
  let port = 0
  const config = join(folder, 'influxdb.conf')
  const start = async () => {
    await writeFile(config, configText(folder, port, options))
    child = spawn('influxd', ['-config', config], { stdio: ['ignore', 'ignore', 'pipe'] })
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    port = await listening(child)
  }
  const halt = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  const client = (database?: string) =>
    new InfluxDB({ host: '127.0.0.1', port, username: 'admin', password: 'secret', ...(database ? { database } : {}) })
  await start()
  if (options.auth) await client().createUser('admin', 'secret', true)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid!
    },
    client,
    kill: () => void child.kill('SIGKILL'),
    halt,
    restart: start,
    async stop() {
      await halt()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The port, once it listens. */
async function listening(child: ChildProcess): Promise<number> {
  const said: string[] = []
  for await (const line of createInterface({ input: child.stderr! })) {
    said.push(line)
    const match = /msg="Listening on HTTP".* addr=127\.0\.0\.1:(\d+)/.exec(line)
    if (!match) continue
    child.stderr!.resume()
    return Number(match[1])
  }
  throw new Error(`influxd did not start:\n${said.join('\n')}`)
}

const configText = (folder: string, port: number, { auth = false, maxBodyBytes = 0 }: InfluxdOptions) => `
reporting-enabled = false
bind-address = "127.0.0.1:0"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = ${auth}
  log-enabled = false
  max-body-size = ${maxBodyBytes}
[logging]
  format = "logfmt"
  suppress-logo = true
`
