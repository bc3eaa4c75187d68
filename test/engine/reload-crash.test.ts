import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../support/memory-disk.js'
import { Rig } from '../support/rig.js'

const START = 1_704_067_200_000
const SWITCH = 25
const FRAMES = 70

const source = (fields: string[]) => ({
  type: 'script',
  wait: '0s',
  time: { path: 't', unit: 'ms' },
  decode: { type: 'json', fields },
})
const config = (sinks: object, windows: object, sources: object) => ({
  durability: 'process',
  stateDir: '/state',
  checkpoint: '1h',
  batch: '100ms',
  sources: { a: source(['v']), ...sources },
  windows: {
    same: { of: { source: 'a' }, every: '1s', lateness: '1s', reduce: ['count', 'sum'] },
    by: { of: '*', by: [], every: '1s', lateness: '1s', reduce: ['count'] },
    ...windows,
  },
  sinks,
})

const A = config(
  { one: { type: 'memory' }, two: { type: 'memory' } },
  {
    hop: { of: '*', size: '2s', every: '1s', lateness: '1s', reduce: ['count'] },
    grid: { of: { source: 'a' }, every: '2s', lateness: '1s', reduce: ['count', 'sum'] },
    session: { of: { source: 'a' }, session: '1s', lateness: '0s', reduce: ['count', 'sum'] },
    counted: { of: { source: 'a' }, count: 7, reduce: ['count', 'sum'] },
  },
  { b: source(['v']) },
)
const B = config(
  { three: { type: 'memory' }, one: { type: 'memory', spool: { maxBytes: '8MiB' } } },
  {
    grid: { of: { source: 'a' }, every: '3s', lateness: '1s', reduce: ['count', 'max'] },
    session: { of: { source: 'a' }, session: '2s', lateness: '0s', reduce: ['count', 'max'] },
    counted: { of: { source: 'a' }, count: 5, reduce: ['count', 'max'] },
    fresh: { of: '*', every: '1s', lateness: '1s', reduce: ['count'] },
  },
  { c: source(['w']) },
)

async function feed(rig: Rig, from: number, to: number, names: readonly string[]): Promise<void> {
  for (let i = from; i < to; i++) {
    for (const name of names) {
      await rig.push(name, 'd', JSON.stringify({ t: START + i * 100, v: i, w: i }))
      rig.script(name).out.endBurst()
    }
    await rig.advance(100)
  }
}

const linesOf = (rig: Rig) => [...rig.sunk.values()].flat()

/** Rows in each window's lines: the same line may come twice, where it was sent and nobody could say so, but never another in its place. */
function rowsIn(lines: readonly string[]): Map<string, number> {
  const found = new Map<string, number>()
  const keys = new Map<string, string>()
  for (const line of new Set(lines)) {
    const [tags, fields, time] = line.split(' ')
    const key = `${tags} ${time}`
    assert.equal(keys.get(key), undefined, `written once more, and differently: ${line} after ${keys.get(key)}`)
    keys.set(key, line)
    const window = tags.split(',')[0]
    found.set(window, (found.get(window) ?? 0) + Number(/v_count=(\d+)i/.exec(fields)?.[1] ?? 0))
  }
  return found
}

const time = (i: number) => (START + i * 100) * 1000

test('a process that is killed anywhere in a reload loses nothing and writes nothing differently, whichever configuration it finds', async () => {
  const kills: { disk: MemoryDisk; lines: string[]; atUs: number; what: string }[] = []
  const disk = new MemoryDisk()
  const rig = new Rig({ config: A, disk })
  await rig.start()
  await feed(rig, 0, SWITCH, ['a', 'b'])
  const kill = (what: string) => kills.push({ disk: disk.copy(), lines: linesOf(rig), atUs: rig.clock.nowUs(), what })
  disk.before = (what, path) => kill(`${what} ${path}`)
  await rig.reload(B)
  await rig.advance(400)
  disk.before = () => {}
  kill('the end')
  await rig.stop()
  assert.ok(kills.length > 20, `${kills.length} operations`)
  for (const { disk, lines, atUs, what } of kills)
    for (const [name, found] of [
      ['the old one', A],
      ['the new one', B],
    ] as const) {
      const again = new Rig({ config: found, disk: disk.copy(), startUs: atUs })
      await again.start()
      await again.advance((time(SWITCH + 5) - atUs) / 1000)
      await feed(again, SWITCH + 5, FRAMES, ['a'])
      await again.advance(10_000)
      await feed(again, FRAMES + 100, FRAMES + 101, ['a'])
      await again.advance(4000)
      await again.stop()
      const rows = rowsIn([...lines, ...linesOf(again)])
      const where = `killed before ${what}, found ${name}: ${JSON.stringify([...rows])}`
      const all = FRAMES - 5
      assert.equal(rows.get('same'), all, where)
      assert.equal(rows.get('session'), all + 1, where)
      assert.ok(all + 1 - rows.get('counted')! < 7, where)
      // The first whole window of the new definition may be past rows that no open one of the old took.
      assert.ok(rows.get('grid')! >= all - 5, where)
    }
})
