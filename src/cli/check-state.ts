import { join, resolve } from 'node:path'
import { CheckpointStore } from '../checkpoint/store.js'
import { NodeDisk } from '../disk/node-disk.js'
import type { SavedRest } from '../engine/saved-line.js'
import { transition } from '../engine/transition.js'
import { StateError } from '../model/errors.js'
import { exactValue } from '../model/exact-json.js'
import { silent } from '../model/log.js'
import type { Plan } from '../model/plan.js'

/**
 * What a start with this plan would do to the windows that are kept, in words; undefined where nothing is kept. Changes
 * nothing. Throws a StateError where what is kept can't be read.
 */
export function stateChanges(plan: Plan): string[] | undefined {
  const disk = new NodeDisk()
  const dirs = [...new Set([plan.runtimeDir, plan.stateDir].map((dir) => join(resolve(dir), 'checkpoint')))]
  const found = dirs.flatMap((dir) => {
    if (disk.list(dir).length === 0) return []
    const damage = {
      found(path: string, offset: number, why: string): never {
        throw new StateError(`cannot read kept state: "${path}" at byte ${offset}: ${why}`, path, offset)
      },
    }
    const store = new CheckpointStore({
      disk,
      dir,
      gateway: plan.gateway,
      bootId: '',
      durable: false,
      log: silent,
      damage,
    })
    return store.load() ?? []
  })
  const newest = found.sort((a, b) => b.batch - a.batch)[0]
  if (!newest) return undefined
  try {
    const rest = exactValue(newest.meta) as SavedRest
    const open = rest.plan.windows.map(({ name }, i) => [name, rest.windows[i].openPanes] as const)
    const { changes } = transition({ rest, namings: [], read: newest.read }, plan, Date.now() * 1000)
    return changes.map((change) => {
      const panes = open.find(([name]) => change.startsWith(`window ${name}:`))?.[1] ?? 0
      return panes > 0 ? `${change}; ${panes} of it are open and are finished as they were` : change
    })
  } finally {
    for (const loaded of found) loaded.close()
  }
}
