import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteadyClock } from '../../src/engine/steady-clock.js'
import { FakeClock } from '../support/fake-clock.js'

test('time goes on by the wall clock until that steps, and then as before until the step is taken', async () => {
  const clock = new FakeClock()
  const steady = new SteadyClock(clock)
  const startUs = clock.nowUs()
  await clock.advance(1000)
  clock.stepWall(clock.nowUs() + 400_000)
  assert.equal(steady.nowUs(), clock.nowUs(), 'a small one is no step')
  clock.stepWall(startUs - 3600e6)
  await clock.advance(500)
  assert.equal(steady.nowUs(), startUs + 1_500_000)
  steady.take(steady.measuredUs())
  assert.equal(steady.nowUs(), startUs - 3600e6 + 500_000)
})

test('a clock that is right stays so; one behind what was seen before is right once it is set', () => {
  let isTrue = (_knownUs: number) => false
  const clock = Object.assign(new FakeClock(), { isTrue: (knownUs: number) => isTrue(knownUs) })
  const steady = new SteadyClock(clock)
  steady.know(clock.nowUs() + 1)
  isTrue = (knownUs) => clock.nowUs() >= knownUs
  assert.equal(steady.isRight, false)
  clock.stepWall(clock.nowUs() - 1e6)
  steady.take(steady.measuredUs())
  assert.equal(steady.isRight, true)
  isTrue = () => false
  assert.equal(steady.isRight, true)
})
