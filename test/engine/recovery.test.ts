import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../support/memory-disk.js'
import { Rig, type SeenPoint } from '../support/rig.js'

const config = (more: object = {}) => ({
  durability: 'process',
  stateDir: '/state',
  checkpoint: '2s',
  sources: {
    a: { type: 'script', wait: '0s', time: { path: 't', unit: 'ms' }, decode: { type: 'json', fields: ['v'] } },
  },
  windows: {
    second: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'sum', 'mean', 'stddev', 'p99', 'twa', 'last'] },
    slow: { of: '*', size: '4s', every: '1s', lateness: '1s', reduce: ['count', 'max', 'mean'] },
    session: { of: '*', session: '3s', reduce: ['count', 'sum'] },
  },
  ...more,
})

const START = 1_704_067_200_000
const frame = (i: number) => JSON.stringify({ t: START + i * 100 - (i % 7) * 50, v: (i * 37) % 101 })

/** What is written last under each key, as text. */
function last(points: readonly SeenPoint[]): Map<string, string> {
  return new Map(points.map((p) => [`${p.measurement} ${p.timeUs} ${p.device}`, JSON.stringify(p.fields)]))
}

/** Pushes frames [from, to), one each 100 ms, of three devices by turns. */
async function feed(rig: Rig, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    await rig.push('a', `d${i % 3}`, frame(i))
    rig.script('a').out.endBurst()
    await rig.advance(100)
  }
}

async function whole(frames: number, more = {}): Promise<Map<string, string>> {
  const rig = new Rig({ config: config(more), disk: new MemoryDisk() })
  await rig.start()
  await feed(rig, 0, frames)
  await rig.advance(20_000)
  await rig.stop()
  return last(rig.due)
}

test('a process that is killed anywhere loses nothing: the points are the same, to the last bit', async () => {
  const expected = await whole(90)
  for (const [a, b] of [
    [7, 8],
    [23, 61],
    [30, 31],
    [44, 89],
  ]) {
    let disk = new MemoryDisk()
    const points: SeenPoint[] = []
    let from = 0
    for (const to of [a, b, 90]) {
      const rig = new Rig({ config: config(), disk, startUs: (START + from * 100) * 1000 })
      await rig.start()
      await feed(rig, from, to)
      if (to === 90) {
        await rig.advance(20_000)
        await rig.stop()
      }
      points.push(...rig.due)
      disk = disk.copy()
      from = to
    }
    assert.deepEqual(last(points), expected, `killed behind ${a} and ${b}`)
  }
})
