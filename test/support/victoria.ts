import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** One series as `/api/v1/export` gives it. */
export interface ExportedSeries {
  metric: Record<string, string>
  values: number[]
  /** ms since the epoch. */
  timestamps: number[]
}

/** A real VictoriaMetrics of its own: own port on loopback, own folder. */
export interface Victoria {
  url: string
  /** Every series whose labels match a selector, such as `{__name__=~".+"}`. */
  series(selector: string): Promise<ExportedSeries[]>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export async function startVictoria(): Promise<Victoria> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-victoria-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const flags = [`-storageDataPath=${folder}`, `-httpListenAddr=127.0.0.1:${port}`, '-retentionPeriod=100y']
  const child = spawn('victoria-metrics', [...flags, '-memory.allowedBytes=64MB'], { stdio: 'ignore' })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  while (!(await healthy(url))) {
    if (child.exitCode !== null) throw new Error(`victoria-metrics ended with ${child.exitCode}`)
    await pause(20)
  }
  return {
    url,
    async series(selector) {
      await fetch(`${url}/internal/force_flush`)
      const answer = await fetch(`${url}/api/v1/export?${new URLSearchParams({ 'match[]': selector })}`)
      const lines = (await answer.text()).split('\n').filter(Boolean)
      return lines.map((line) => JSON.parse(line))
    },
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
      process.off('exit', kill)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const healthy = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    (answer) => answer.ok,
    () => false,
  )

/** A TCP port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
