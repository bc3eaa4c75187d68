import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StateError } from '../../src/model/errors.js'
import { MemoryDisk } from '../support/memory-disk.js'
import { Rig } from '../support/rig.js'

const START = 1_704_067_200_000
const FRAMES = 45

const config = (more: object = {}) => ({
  ...{ durability: 'process', stateDir: '/state', checkpoint: '1h' },
  sources: {
    a: { type: 'script', wait: '0s', time: { path: 't', unit: 'ms' }, decode: { type: 'json', fields: ['v'] } },
  },
  windows: { second: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'sum'] } },
  ...more,
})

async function feed(rig: Rig, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    await rig.push('a', 'd', JSON.stringify({ t: START + i * 100, v: i }))
    rig.script('a').out.endBurst()
    await rig.advance(100)
  }
}

/** What a run that was killed left, and its journal's file. */
async function killed(): Promise<{ disk: MemoryDisk; path: string }> {
  const disk = new MemoryDisk()
  const rig = new Rig({ config: config(), disk })
  await rig.start()
  await feed(rig, 0, FRAMES)
  const left = disk.copy()
  await rig.stop()
  const paths = [...left.files.keys()].filter((path) => /^\/state\/journal\/\d+\.log$/.test(path))
  assert.equal(paths.length, 1)
  return { disk: left, path: paths[0] }
}

test('messages lost to a damaged journal are counted, to the last one, said under alarms, and the ledger balances', async () => {
  const { disk: left, path } = await killed()
  const size = left.files.get(path)?.length as number
  let mostLost = 0
  for (let at = 0; at < size; at += 191) {
    const disk = left.copy()
    ;(disk.files.get(path) as Buffer)[at] ^= 4
    const rig = new Rig({ config: config(), disk, startUs: (START + FRAMES * 100) * 1000 })
    await rig.start()
    const again = rig.due.length
    await feed(rig, FRAMES, FRAMES + 5)
    const { sources, alarms, kept } = rig.gateway.status()
    const [{ frames }] = sources
    assert.ok(frames.in >= FRAMES + 4 && frames.in <= FRAMES + 5, `byte ${at}: ${frames.in}`)
    assert.equal(
      alarms.some((text) => text.includes(path)),
      kept?.setAside === 1,
    )
    if (frames.lost > 0)
      assert.ok(alarms.some((text) => text.startsWith(`${frames.lost} messages that the journal had`)))
    mostLost = Math.max(mostLost, frames.lost)
    await rig.advance(20_000)
    // What was written whole before is not written again by less.
    if (frames.lost > 0) assert.ok(rig.due.slice(again).every(({ timeUs }) => timeUs >= (START + FRAMES * 100) * 1000))
    await rig.stop()
  }
  assert.ok(mostLost > FRAMES - 5)
})

test('with onDamage: refuse weir does not start on a damaged journal, and leaves it as it is', async () => {
  const { disk, path } = await killed()
  const bytes = disk.files.get(path) as Buffer
  bytes[bytes.length >> 1] ^= 4
  const before = Buffer.from(bytes)
  await assert.rejects(
    async () => {
      await new Rig({ config: config({ onDamage: 'refuse' }), disk }).start()
    },
    (error) => error instanceof StateError && error.path === path && error.offset > 0,
  )
  assert.deepEqual(disk.files.get(path), before)
})
