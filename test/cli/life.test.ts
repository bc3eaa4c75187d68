import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { liveToEnd, type Surroundings } from '../../src/cli/life.js'
import type { Engine } from '../../src/model/engine.js'
import { FakeClock, settle } from '../support/fake-clock.js'
import { exampleStatus } from '../support/status.js'

/** A promise settled from outside. */
function held<T = void>() {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const promise = new Promise<T>((good, bad) => {
    resolve = good
    reject = bad
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}

/** A gateway that does what the test says. */
class FakeGateway implements Engine {
  readonly started = held()
  readonly ended = held()
  readonly gracefulStop = held()
  readonly stops: boolean[] = []
  readonly finished = this.ended.promise

  start(): Promise<void> {
    return this.started.promise
  }

  stop({ graceful }: { graceful: boolean }): Promise<void> {
    this.stops.push(graceful)
    return graceful ? this.gracefulStop.promise : Promise.resolve()
  }

  status() {
    const status = exampleStatus()
    status.sinks[0].points = { emitted: 10, delivered: 6, refused: 0, givenUp: 0, spooled: 4 }
    return status
  }
}

function begin(changes: Partial<Surroundings> = {}) {
  const gateway = new FakeGateway()
  const clock = new FakeClock()
  const signals = new EventEmitter()
  const exits: number[] = []
  const lines: string[] = []
  let printed = ''
  const note = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  const code = liveToEnd(gateway, {
    clock,
    log: { debug: note, info: note, warn: note, error: note },
    signals,
    stderr: { write: (text) => (printed += text) },
    stopTimeoutMs: 10_000,
    exit: (exitCode) => exits.push(exitCode),
    ...changes,
  })
  return { gateway, clock, signals, exits, lines, code, printed: () => printed }
}

test('a finite run ends with 0 and the ledger', async () => {
  let ready = 0
  const { gateway, code, printed } = begin({ onReady: () => ready++ })
  gateway.started.resolve()
  await settle()
  assert.equal(ready, 1)
  gateway.ended.resolve()
  gateway.gracefulStop.resolve()
  assert.equal(await code, 0)
  assert.match(printed(), /^balances$/m)
})

test('a gateway that fails ends with 1 and the ledger', async () => {
  const { gateway, code, printed, lines } = begin()
  gateway.started.resolve()
  gateway.gracefulStop.resolve()
  gateway.ended.reject(new Error('file is gone'))
  assert.equal(await code, 1)
  assert.match(printed(), /^balances$/m)
  assert.ok(lines.some((line) => line.includes('file is gone')))
})

test('a gateway that cannot start ends with 1', async () => {
  const { gateway, code } = begin()
  gateway.gracefulStop.resolve()
  gateway.started.reject(new Error('no memory'))
  assert.equal(await code, 1)
})

test('a signal stops it gracefully', async () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const { gateway, signals, code, exits, clock } = begin()
    gateway.started.resolve()
    await settle()
    signals.emit(signal, signal)
    await settle()
    assert.deepEqual(gateway.stops, [true])
    gateway.gracefulStop.resolve()
    assert.equal(await code, 0)
    assert.deepEqual(exits, [])
    assert.equal(clock.waiting, 0)
  }
})

test('a signal before it is ready stops it too', async () => {
  const { gateway, signals, code } = begin()
  signals.emit('SIGTERM', 'SIGTERM')
  gateway.gracefulStop.resolve()
  assert.equal(await code, 0)
  assert.deepEqual(gateway.stops, [true])
})

test('past stopTimeout it stops hard and says what is given up', async () => {
  const { gateway, clock, signals, code, lines, printed } = begin()
  gateway.started.resolve()
  await settle()
  signals.emit('SIGTERM', 'SIGTERM')
  await clock.advance(9_999)
  assert.deepEqual(gateway.stops, [true])
  await clock.advance(1)
  assert.deepEqual(gateway.stops, [true, false])
  assert.equal(await code, 1)
  assert.ok(
    lines.some((line) => line.includes('cannot stop gracefully within 10000 ms') && line.includes('"points":4')),
  )
  assert.match(printed(), /points/)
})

test('a second signal ends the process at once', async () => {
  const { gateway, signals, exits } = begin()
  gateway.started.resolve()
  await settle()
  signals.emit('SIGTERM', 'SIGTERM')
  signals.emit('SIGINT', 'SIGINT')
  assert.deepEqual(exits, [130])
  signals.emit('SIGTERM', 'SIGTERM')
  assert.deepEqual(exits, [130, 143])
})

test('it can be ended from within', async () => {
  const end = held()
  const { gateway, code } = begin({ until: end.promise })
  gateway.started.resolve()
  await settle()
  end.resolve()
  gateway.gracefulStop.resolve()
  assert.equal(await code, 0)
})
