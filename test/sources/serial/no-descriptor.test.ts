import assert from 'node:assert/strict'
import { open } from 'node:fs/promises'
import { test } from 'node:test'
import { components } from '../../../src/components.js'
import { parseConfig } from '../../../src/config/parse.js'
import { silent } from '../../../src/model/log.js'
import { FakeClock } from '../../support/fake-clock.js'
import { hideDescriptors } from '../../support/no-descriptor.js'
import { openPtyPair } from '../../support/pty.js'
import { RecordingOutput } from '../../support/source-output.js'
import { until } from '../../support/until.js'

// The way of reading where serialport hands out no descriptor.

hideDescriptors()
const warnings: string[] = []
const log = { ...silent, warn: (_fields: object, message: string) => void warnings.push(message) }

function sourceOf(path: string) {
  const config = {
    sources: { rig: { type: 'serial', path, decode: { type: 'csv', columns: ['x'] } } },
    windows: { w: { every: '1s', reduce: ['mean'] } },
  }
  const surroundings = { env: {}, hostname: 'h', cores: 2, readText: () => '', pointsTaken: true }
  const [{ options, inputs }] = parseConfig(config, components, surroundings).sources
  const context = { name: 'rig', gateway: 'g', stateDir: '', maxFrameBytes: 1024, arrivalErrorUs: 20_000 }
  const serial = components.sources.find(({ type }) => type === 'serial')!
  return serial.create(options as never, { ...context, timedByArrival: true, inputs })
}

test('every line arrives, bytes gather, and it is said once', async () => {
  const clock = new FakeClock()
  for (const round of [1, 2]) {
    const pair = await openPtyPair()
    const device = await open(pair.device, 'r+')
    const out = new RecordingOutput(clock, { log, gatherMs: 250 })
    const source = sourceOf(pair.port)
    const stop = new AbortController()
    const running = source.run(out, stop.signal)
    await out.until(() => out.links.length > 0)
    await device.write('a\n')
    await out.until(() => out.frames.length === 1)
    for (const text of ['b\n', 'c\n', 'd\n']) await device.write(text)
    await until('the rest', async () => {
      await clock.advance(20)
      return out.frames.length === 4
    })
    assert.deepEqual(
      out.texts().map(([, text]) => text),
      ['a', 'b', 'c', 'd'],
    )
    assert.equal((source.status!() as { direct: boolean }).direct, false)
    stop.abort()
    assert.equal(await running, 'aborted')
    assert.equal(clock.waiting, 0)
    await device.close()
    await pair.unplug()
    assert.equal(warnings.length, 1, `round ${round}: ${warnings}`)
  }
  assert.match(warnings[0], /read by way of serialport.*no descriptor/)
})

test('unplugged: noticed by its name, within a second', async () => {
  const clock = new FakeClock()
  const pair = await openPtyPair()
  const out = new RecordingOutput(clock)
  const running = sourceOf(pair.port)
    .run(out, new AbortController().signal)
    .catch((error) => error.message)
  await out.until(() => out.links.length > 0)
  await clock.advance(1000)
  await pair.unplug()
  let outcome: unknown
  void running.then((message) => (outcome = message))
  await until('the end', async () => {
    await clock.advance(1000)
    return outcome
  })
  assert.match(String(outcome), /cannot read serial port ".*port": it is gone; plug the device in again/)
  assert.equal(clock.waiting, 0)
})
