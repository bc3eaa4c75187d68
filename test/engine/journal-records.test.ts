import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineJournal, RECORD, type Records } from '../../src/engine/journal-records.js'

/** Records of which each write is kept: types, and bodies as they were then. */
function recording(room = Number.POSITIVE_INFINITY) {
  const writes: [type: number, text: string][][] = []
  const write = (all: readonly { type: number; pieces: readonly Uint8Array[] }[]) => {
    writes.push(all.map(({ type, pieces }) => [type, Buffer.from(pieces.at(-1)!).toString()]))
    return Math.max(0, all.length - room)
  }
  const records: Records = {
    append: (type, pieces) => write([{ type, pieces }]) === 0,
    appendAll: write,
    whenDurable: (done) => done(),
    full: false,
    room: () => Promise.resolve(),
  }
  const journal = new LineJournal(records, () => {})
  journal.writes = true
  return { journal, writes }
}

test('frames that nobody waits for are one write, as they were when they were taken', async () => {
  const { journal, writes } = recording()
  const block = Buffer.from('a')
  journal.framesSoon(0, block)
  block.write('b')
  journal.framesSoon(1, block)
  assert.deepEqual(writes, [])
  block.write('x')
  await Promise.resolve()
  assert.deepEqual(writes, [
    [
      [RECORD.frames, 'a'],
      [RECORD.frames, 'b'],
    ],
  ])
  journal.framesSoon(0, Buffer.from('c'))
  await Promise.resolve()
  assert.equal(writes.length, 2)
})

test('whatever else is written comes behind them', async () => {
  const { journal, writes } = recording()
  const others = [
    () => journal.frames(1, Buffer.from('waits')),
    () => journal.mark({ batch: 1, nowUs: 0, sources: [] }),
    () => journal.counts({ source: 0, frames: {}, lostBytes: 1, wire: {} }),
    () => journal.whenDurable(() => assert.equal(writes.length, 1)),
  ]
  for (const other of others) {
    writes.length = 0
    journal.framesSoon(0, Buffer.from('soon'))
    other()
    assert.deepEqual(writes[0], [[RECORD.frames, 'soon']])
    const { length } = writes
    await Promise.resolve()
    assert.equal(writes.length, length, 'written once')
  }
})

test('what the disk has no room for is counted, and nothing is written while the journal is read', async () => {
  const { journal, writes } = recording(1)
  for (const text of ['a', 'b', 'c']) journal.framesSoon(0, Buffer.from(text))
  await Promise.resolve()
  assert.equal(journal.unwritten, 2)
  journal.writes = false
  journal.framesSoon(0, Buffer.from('d'))
  await Promise.resolve()
  assert.equal(writes.length, 1)
})
