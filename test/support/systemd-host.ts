import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { startContainer } from './container.js'
import type { Host } from './plant.js'
import { until } from './until.js'
import type { Scope } from './weir.js'

const here = resolve(import.meta.dirname, '../../..')
const FILE = '/etc/weir/weir.yaml'

/** weir as the shipped unit under a booted systemd, on this machine's network. Needs root. */
export async function systemdHost(t: Scope): Promise<Host & { sh(command: string): Promise<string> }> {
  const machine = await startContainer({
    hostNetwork: true,
    binds: {
      '/opt/weir/build': join(here, 'build'),
      '/opt/weir/node_modules': realpathSync(join(here, 'node_modules')),
      '/opt/weir/package.json': join(here, 'package.json'),
      '/opt/weir/src': join(here, 'src'),
    },
  })
  t.after(() => machine.stop())
  const property = async (name: string) => (await machine.sh(`systemctl show weir -P ${name}`)).trim()
  const kill = (signal: string) => machine.run(`systemctl kill -s ${signal} --kill-whom=main weir`)
  return {
    sh: machine.sh,
    async start(config) {
      mkdirSync(join(machine.root, 'etc/weir'), { recursive: true })
      writeFileSync(join(machine.root, FILE), JSON.stringify(config), { mode: 0o644 })
      await machine.sh(`node /opt/weir/build/src/main.js service install ${FILE}`)
    },
    async kill(stoppingMs) {
      const pid = await property('MainPID')
      if (stoppingMs !== undefined) {
        await kill('TERM')
        await after(stoppingMs)
      }
      await kill('KILL')
      await until('systemd starts the next one by itself', async () => {
        const next = await property('MainPID')
        return next !== '0' && next !== pid
      })
    },
    async stop() {
      await machine.sh('systemctl stop weir')
    },
    said: () => machine.sh('journalctl -u weir -n 30 -o cat --no-pager'),
    read: (file) => readFileSync(join(machine.root, 'var/lib/private/weir', file), 'utf8'),
  }
}
