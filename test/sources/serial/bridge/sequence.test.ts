import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sequence, type Verdict } from '../../../../src/sources/serial/bridge/sequence.js'

/** Numbers with ticks of 100 a frame unless told. */
function take(sequence: Sequence, ...numbers: (number | [number: number, ticks: number])[]): Verdict[] {
  return numbers.map((of) => (typeof of === 'number' ? sequence.take(of, of * 100) : sequence.take(...of)))
}

const counts = ({ lost, repeated, resets, last }: Sequence) => ({ lost, repeated, resets, last })

test('gaps are lost frames, also over the wrap; what came before the first is nobody’s loss', () => {
  const sequence = new Sequence()
  assert.deepEqual(take(sequence, 65530, 65531, 65534, 1), ['next', 'next', 'next', 'next'])
  assert.deepEqual(counts(sequence), { lost: 2 + 2, repeated: 0, resets: 0, last: 1 })
})

test('a frame that comes again is told by number and ticks, up to 16 back', () => {
  const sequence = new Sequence()
  assert.deepEqual(take(sequence, 0, 1, 1, 2, 0, 3), ['next', 'next', 'repeated', 'next', 'repeated', 'next'])
  assert.deepEqual(counts(sequence), { lost: 0, repeated: 2, resets: 0, last: 3 })
})

test('a number that falls back is a reset, with or without its descriptor, and those before it are lost', () => {
  const sequence = new Sequence()
  sequence.describe(0)
  assert.deepEqual(take(sequence, 0, 1, 2, [2, 7]), ['next', 'next', 'next', 'reset'])
  assert.deepEqual(counts(sequence), { lost: 2, repeated: 0, resets: 1, last: 2 })
  // Behind a descriptor a first frame is one, though its ticks are those of the last time.
  take(sequence, [3, 10])
  sequence.describe(0)
  assert.deepEqual(take(sequence, 0, 1), ['reset', 'next'])
  sequence.describe(0)
  assert.deepEqual(take(sequence, 0), ['reset'])
})

test('another boot is a reset whatever the number says, counted once', () => {
  const sequence = new Sequence()
  sequence.describe(7)
  take(sequence, 0, 1)
  sequence.describe(8)
  assert.deepEqual(take(sequence, 3), ['reset'])
  assert.deepEqual(counts(sequence), { lost: 3, repeated: 0, resets: 1, last: 3 })
  // Its descriptor was lost at first: the frames told the reset before it.
  assert.deepEqual(take(sequence, 0, 1), ['reset', 'next'])
  sequence.describe(9)
  assert.deepEqual(take(sequence, 2), ['next'])
  assert.equal(sequence.resets, 2)
  // The same again changes nothing.
  sequence.describe(9)
  assert.deepEqual(take(sequence, 3), ['next'])
})

test('a number ahead is a gap only where the ticks go on, and frame 0 behind a descriptor a beginning', () => {
  const sequence = new Sequence()
  sequence.describe(0)
  assert.deepEqual(take(sequence, 40_000), ['next'])
  assert.equal(sequence.take(40_010, 5, true), 'next')
  assert.equal(sequence.take(50_000, 7, false), 'reset')
  assert.equal(sequence.lost, 9 + 50_000)
  // Ticks that stand still in sleep are no reset.
  assert.equal(sequence.take(50_001, 8, false), 'next')
  sequence.describe(0)
  assert.equal(sequence.take(0, 9, true), 'reset')
  assert.equal(sequence.resets, 2)
})
