import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { HttpPlan } from '../model/plan.js'

const NEIGHBOURS = 10

/** The address for the page: the planned one or, if its port is taken, a later one or any that is free. */
export async function freeAddress(planned: HttpPlan): Promise<HttpPlan> {
  for (let port = planned.port; port < planned.port + NEIGHBOURS; port++)
    if (await isFree(port, planned.host)) return { ...planned, port }
  return { ...planned, port: 0 }
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer().listen(port, host)
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}

/** Opens an address in the browser of whoever sits here; where there is none, nothing happens. */
export function openInBrowser(url: string): void {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open'
  spawn(opener, [url], { detached: true, stdio: 'ignore' })
    .on('error', () => {})
    .unref()
}
