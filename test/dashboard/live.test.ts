import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Live } from '../../src/dashboard/live.js'
import { Rows } from '../../src/dashboard/rows.js'
import type { LiveUpdate } from '../../src/dashboard/wire.js'
import { FakeClock, settle } from '../support/fake-clock.js'
import { device, points } from '../support/points.js'
import { exampleStatus } from '../support/status.js'

const made = new Map<string, ReturnType<typeof device>>()

function rig() {
  const clock = new FakeClock()
  const rows = new Rows()
  let statuses = 0
  const status = () => {
    statuses++
    return exampleStatus()
  }
  const live = new Live(rows, status, clock)
  return {
    clock,
    live,
    statuses: () => statuses,
    emit(machine: string, timeUs: number, value: number) {
      const from = made.get(machine) ?? device({ machine })
      made.set(machine, from)
      rows.take({ ...points([{ tags: {}, fields: { temp: value } }], { timeUs }), device: [from] })
    },
    browser() {
      const reader = live.stream().getReader()
      return {
        async next(): Promise<LiveUpdate> {
          const reading = reader.read()
          await settle()
          await clock.advance(1000)
          return JSON.parse(
            Buffer.from((await reading).value!)
              .toString()
              .replace(/^data: /, ''),
          )
        },
        leave: () => reader.cancel(),
      }
    },
  }
}

test('a browser gets everything first, then once a second what changed', async () => {
  const { emit, browser } = rig()
  emit('m1', 1e6, 1)
  emit('m2', 1e6, 2)
  const one = browser()
  const first = await one.next()
  assert.deepEqual([first.whole, first.heads.length, first.values.length], [true, 2, 2])
  // Of what came before its first second some is told once more.
  await one.next()
  emit('m1', 2e6, 3)
  const second = await one.next()
  assert.deepEqual([second.whole, second.heads.length, second.values], [false, 0, [[1, 2, 3, 0]]])
  const third = await one.next()
  assert.deepEqual([third.values, third.status], [[], exampleStatus()])
})

test('several browsers cost one: an update is made once', async () => {
  const { statuses, clock, live } = rig()
  const many = Array.from({ length: 20 }, () => live.stream().getReader())
  for (const reader of many) await reader.read()
  const before = statuses()
  const reading = many.map((reader) => reader.read())
  await settle()
  await clock.advance(1000)
  const bodies = await Promise.all(reading)
  assert.equal(statuses() - before, 1)
  assert.ok(bodies.every(({ value }) => value === bodies[0].value))
})

test('a browser that slept gets the newest, and nothing of what lay between', async () => {
  const { emit, browser } = rig()
  const [awake, asleep] = [browser(), browser()]
  await awake.next()
  await asleep.next()
  for (let second = 1; second <= 50; second++) {
    emit('m1', second * 1e6, second)
    await awake.next()
  }
  assert.deepEqual((await asleep.next()).values.at(-1), [1, 50, 50, 0])
})

test('while no browser looks, nothing is made and no timer runs', async () => {
  const { emit, browser, statuses, clock } = rig()
  assert.equal(clock.waiting, 0)
  const one = browser()
  await one.next()
  await one.leave()
  await clock.advance(5000)
  const before = statuses()
  emit('m1', 1e6, 1)
  await clock.advance(60_000)
  assert.equal(statuses(), before)
  assert.equal(clock.waiting, 0)
})
