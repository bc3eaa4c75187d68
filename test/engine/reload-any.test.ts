import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../support/memory-disk.js'
import { Rig } from '../support/rig.js'

// Any configuration after any other: nothing breaks, what did not change is as if nothing had been, and all memory comes back.

const SEEDS = 4
const ROUNDS = 25
const A_ROUND = 12

/** Numbers that are the same in each run. */
function dice(seed: number): (most: number) => number {
  let state = seed
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) % most
  }
}

const FIELDS = ['v', 'w']
const KINDS = [
  { every: '1s' },
  { every: '3s' },
  { size: '4s', every: '1s' },
  { size: '3s', every: '1500ms' },
  { session: '500ms' },
  { session: '2s' },
  { count: 3 },
  { count: 10 },
]
const REDUCE = [
  ['count', 'sum'],
  ['count', 'p99', 'distinct'],
  ['count', 'twa', 'rate'],
  ['count', 'slope', 'skewness'],
  ['count', 'last', 'delta'],
]

function anyConfig(roll: (most: number) => number) {
  const source = () => ({
    type: 'script',
    wait: ['0s', '200ms'][roll(2)],
    forget: '1min',
    time: { path: 't', unit: 'ms' },
    decode: { type: 'json', fields: FIELDS.slice(0, 1 + roll(2)) },
    ...(roll(3) === 0 && { calibrate: { w: { scale: 1 + roll(3) } } }),
    ...(roll(3) === 0 && { deadband: { w: 1 + roll(3) } }),
    ...(roll(4) === 0 && { tags: { extra: `x${roll(2)}` } }),
  })
  const same = { of: { source: 'fixed' }, every: '1s', lateness: '1s', reduce: REDUCE[0] }
  const windows: Record<string, object> = { same }
  for (const name of ['p', 'q', 'r', 's']) {
    if (roll(3) === 0) continue
    const kind = KINDS[roll(KINDS.length)]
    const isBy = roll(3) === 0
    windows[name] = {
      of: roll(2) === 0 ? '*' : { field: 'v' },
      ...kind,
      ...(!('count' in kind) && { lateness: ['0s', '1s'][roll(2)] }),
      reduce: REDUCE[isBy ? 0 : 'every' in kind ? roll(REDUCE.length) : [0, 1, 3, 4][roll(4)]],
      ...(isBy ? { by: [['extra'], []][roll(2)] } : roll(3) === 0 && { quality: true }),
    }
  }
  const of = (source: string, field: string) => ({ source, field })
  const derived: Record<string, object> = {}
  if (roll(2) === 0) derived.both = { [roll(2) === 0 ? 'sum' : 'ratio']: [of('fixed', 'v'), of('fixed', 'w')] }
  if (roll(2) === 0) derived.other = { product: [of('fixed', 'v'), of('fixed', 'w')] }
  return {
    durability: 'process',
    stateDir: '/state',
    checkpoint: ['1s', '3s'][roll(2)],
    batch: ['100ms', '250ms'][roll(2)],
    workers: roll(12) === 0 ? 1 : 0,
    maxMemory: ['4MiB', '8MiB'][roll(2)],
    maxSeries: [60, 200][roll(2)],
    sources: {
      fixed: {
        type: 'script',
        wait: '0s',
        forget: '1min',
        time: { path: 't', unit: 'ms' },
        decode: { type: 'json', fields: FIELDS },
      },
      ...(roll(2) === 0 && { a: source() }),
      ...(roll(2) === 0 && { b: source() }),
    },
    ...(Object.keys(derived).length > 0 && { derived }),
    windows,
  }
}

for (let seed = 1; seed <= SEEDS; seed++)
  test(`any configuration after any other, with restarts and kills between: what did not change is the same (${seed})`, async () => {
    const roll = dice(seed)
    let disk = new MemoryDisk()
    let config = anyConfig(roll)
    let rig = new Rig({ config, disk })
    await rig.start()
    const failed: unknown[] = []
    const watch = () => rig.gateway.finished.catch((error) => failed.push(error))
    watch()
    const seen = new Map<string, number>()
    const take = () => {
      for (const { measurement, timeUs, device, fields } of rig.due)
        if (measurement === 'same') seen.set(`${timeUs} ${device}`, fields.v_count)
    }
    let t = 0
    const feed = async (ticks: number) => {
      for (let i = 0; i < ticks; i++, t++) {
        const nowMs = rig.clock.nowUs() / 1000
        const text = JSON.stringify({ t: nowMs - (t % 3) * 40, v: t, w: (t * 7) % 10 })
        for (const name of Object.keys(config.sources)) {
          await rig.push(name, `d${t % 3}`, text)
          rig.script(name).out.endBurst()
        }
        await rig.advance(100)
      }
    }
    for (let round = 0; round < ROUNDS; round++) {
      await feed(A_ROUND)
      config = anyConfig(roll)
      const how = roll(6)
      if (how > 1) await rig.reload(config)
      else {
        if (how === 0) await rig.stop()
        take()
        disk = disk.copy()
        rig = new Rig({ config, disk, startUs: rig.clock.nowUs() })
        watch()
        await rig.start()
      }
      if (roll(4) === 0) await rig.advance(roll(3000))
      await rig.gateway.idle()
      if (failed.length > 0) throw failed[0]
    }
    await feed(40)
    await rig.advance(5000)
    take()
    const rows = [...seen.values()].reduce((sum, n) => sum + n, 0)
    assert.equal(rows, t)
    // Where nothing is open all memory is free again.
    const idle = { of: { field: 'none' }, every: '1s', reduce: ['count'] }
    const { derived: _derived, ...rest } = config as typeof config & { derived?: object }
    await rig.reload({ ...rest, windows: { idle } })
    for (let i = 0; i < 3; i++) {
      await rig.advance(60_000)
      await feed(6)
    }
    const { memory } = rig.gateway.status()
    assert.equal(memory.slabFreeBytes, memory.slabBytes)
    await rig.stop()
  })
