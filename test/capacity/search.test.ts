import assert from 'node:assert/strict'
import { test } from 'node:test'
import { highestCarried, rounded, type Trial } from '../../src/capacity/search.js'

const trial = (rate: number, trouble?: Trial['trouble']): Trial => ({
  rate,
  sentRate: rate,
  usEach: 2,
  core: rate * 2e-6,
  brokerCore: 0.5,
  behindMs: 200,
  lost: 0,
  ...(trouble && { trouble }),
})

const upTo = (most: number) => async (rate: number) => trial(rate, rate > most ? 'late' : undefined)

test('rates are doubled until one is not carried, then the last two are narrowed down', async () => {
  const { trials, best } = await highestCarried(upTo(11_000))
  assert.deepEqual(
    trials.map(({ rate, trouble }) => [rate, trouble]),
    [
      [1000, undefined],
      [2000, undefined],
      [4000, undefined],
      [8000, undefined],
      [16_000, 'late'],
      [11_000, undefined],
      [13_000, 'late'],
    ],
  )
  assert.equal(best?.rate, 11_000)
})

test('where not even the first rate is carried there is no best one, and nothing more is tried', async () => {
  const { trials, best } = await highestCarried(upTo(10))
  assert.deepEqual(
    trials.map(({ rate }) => rate),
    [1000],
  )
  assert.equal(best, undefined)
})

test('it ends where everything is carried', async () => {
  const { trials, best } = await highestCarried(upTo(Number.POSITIVE_INFINITY))
  assert.equal(best?.rate, 512_000)
  assert.equal(trials.length, 10)
})

test('a lower rate that fails after a higher one was carried does not take its place', async () => {
  const answers = [trial(1000), trial(2000), trial(4000, 'lost'), trial(2800, 'lost'), trial(2400)]
  const { best } = await highestCarried(async () => answers.shift()!)
  assert.equal(best?.rate, 2400)
})

test('rates between have two digits', () => {
  assert.deepEqual([1414.2, 11_313, 90_509, 7].map(rounded), [1400, 11_000, 91_000, 7])
})
