import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplayClock } from '../../src/recording/replay-clock.js'

const T0 = 1_704_067_200_000_000

/** Runs whatever is due until `toUs`, then moves there. */
function runTo(clock: ReplayClock, toUs: number): void {
  while (clock.nextUs <= toUs) clock.runNext()
  clock.moveTo(toUs)
}

test('timers run at their time, earliest first, of equal times the first asked for; cancelled ones never', () => {
  const clock = new ReplayClock(T0)
  const ran: string[] = []
  const note = (name: string) => () => ran.push(`${name} ${clock.nowUs() - T0} ${clock.monotonicMs()}`)
  clock.after(20, note('c'))
  clock.after(10, note('a'))
  clock.after(10, note('b'))
  clock.after(15, note('never')).cancel()
  clock.after(10, () => void clock.after(0, note('at once')))
  runTo(clock, T0 + 25_000)
  assert.deepEqual(ran, ['a 10000 10', 'b 10000 10', 'at once 10000 10', 'c 20000 20'])
  assert.deepEqual([clock.nowUs(), clock.monotonicMs(), clock.nextUs], [T0 + 25_000, 25, Number.POSITIVE_INFINITY])
})

test('a timer for a round wall time runs at exactly that time, whatever is left of a division', () => {
  for (let i = 1; i < 2000; i++) {
    const clock = new ReplayClock(T0 + i * 37)
    const tickUs = (Math.floor(clock.nowUs() / 250_000) + 1) * 250_000
    clock.after((tickUs - clock.nowUs()) / 1000, () => {})
    assert.equal(clock.nextUs, tickUs)
  }
  const clock = new ReplayClock(T0)
  clock.after(0.0004, () => {})
  assert.equal(clock.nextUs, T0 + 1)
})

test('a wall clock that is set moves no timer and takes no time', () => {
  const clock = new ReplayClock(T0)
  let ran = 0
  clock.after(10, () => ran++)
  clock.step(1e9)
  assert.deepEqual([clock.nowUs(), clock.monotonicMs(), clock.nextUs], [T0 + 1e9, 0, T0 + 1e9 + 10_000])
  clock.moveTo(T0)
  assert.deepEqual([clock.nowUs(), clock.monotonicMs(), clock.nextUs], [T0, 0, T0 + 10_000])
  runTo(clock, T0 + 10_000)
  assert.equal(ran, 1)
})
