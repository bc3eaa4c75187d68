import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskError } from '../../src/model/errors.js'
import { FRAME_FLAGS } from '../../src/model/source.js'
import { type Fault, FaultyDisk, WRITES } from '../support/faulty-disk.js'
import { MemoryDisk } from '../support/memory-disk.js'
import { Rig } from '../support/rig.js'

const START_MS = 1_704_067_200_000
const FRAMES = 60
const KILLED_BEHIND = 35

const config = (durability: string) => ({
  durability,
  stateDir: '/state',
  runtimeDir: '/run',
  checkpoint: '1s',
  sources: {
    a: { type: 'script', wait: '0s', time: { path: 't', unit: 'ms' }, decode: { type: 'json', fields: ['v'] } },
  },
  windows: { w: { of: '*', every: '1s', lateness: '2s', reduce: ['count', 'sum', 'last', 'p99'] } },
  sinks: { m: { type: 'memory' } },
})

/** A broker's side of QoS 1: numbers of messages that were acknowledged. */
type Acknowledged = Set<number>

async function started(disk: FaultyDisk, durability: string, frames: number, acknowledged: Acknowledged) {
  const rig = new Rig({ config: config(durability), disk, startUs: (START_MS + frames * 100) * 1000 })
  await rig.start()
  const { out } = rig.script('a')
  out.session(frames > 0)
  const channel = out.channel({ name: 'c', input: 0, tags: { device: 'd' } })
  const send = async (i: number, again = false) => {
    const bytes = Buffer.from(JSON.stringify({ t: START_MS + i * 100 - (i % 7) * 50, v: (i * 37) % 101 }))
    while (!out.frame(channel, bytes, 0, bytes.length, again ? FRAME_FLAGS.dup : 0, i + 1)) await out.ready()
    out.endBurst(() => acknowledged.add(i))
  }
  for (let i = 0; i < frames; i++) if (!acknowledged.has(i)) await send(i, true)
  return { rig, send }
}

/** Sent on a disk that has this fault, killed in the middle, and gone on with on the same disk, whose fault has gone by then or not. */
async function survive(durability: string, fault: Fault | undefined, stays: boolean) {
  const memory = new MemoryDisk()
  const disk = new FaultyDisk(memory)
  const acknowledged: Acknowledged = new Set()
  const first = await started(disk, durability, 0, acknowledged)
  const from = disk.asked.length
  if (fault) disk.fail(fault)
  for (let i = 0; i < KILLED_BEHIND; i++) {
    await first.send(i)
    await first.rig.advance(100)
  }
  const operations = disk.asked.length - from
  const rest = new FaultyDisk(memory.copy())
  if (fault && stays) rest.fail({ ...fault, nth: 0 })
  const second = await started(rest, durability, KILLED_BEHIND, acknowledged).catch((error) => {
    // It says why and ends, and is started again by whoever started it.
    assert.ok(error instanceof DiskError, error)
    rest.mend()
    return started(rest, durability, KILLED_BEHIND, acknowledged)
  })
  for (let i = KILLED_BEHIND; i < FRAMES; i++) {
    if (i === KILLED_BEHIND + 10) rest.mend()
    await second.send(i)
    await second.rig.advance(100)
  }
  await second.rig.advance(10_000)
  const { alarms, sources } = second.rig.gateway.status()
  await second.rig.stop()
  const points = [...first.rig.due, ...second.rig.due]
  const last = new Map(points.map(({ timeUs, fields }) => [timeUs, JSON.stringify(fields)]))
  return { last, operations, alarms, decoded: sources[0].frames.decoded }
}

for (const durability of ['process', 'power'])
  test(`${durability}: EIO at any one operation of the disk, or from it on until after a kill: nothing is lost or comes twice, and no alarm stays`, async () => {
    const expected = await survive(durability, undefined, false)
    assert.equal(expected.last.size, 6)
    assert.ok(expected.operations > 50)
    const on = [...WRITES, 'sync', 'syncDir'] as const
    for (const stays of [false, true])
      for (let nth = 1; nth < expected.operations; nth += stays ? 9 : 2) {
        const times = stays ? Number.POSITIVE_INFINITY : 1
        const found = await survive(durability, { on, code: 'EIO', nth, times }, stays)
        const where = `${stays ? 'from' : 'at'} operation ${nth}`
        assert.deepEqual(found.last, expected.last, where)
        assert.equal(found.decoded, FRAMES, where)
        assert.deepEqual(found.alarms, [], where)
      }
  })
