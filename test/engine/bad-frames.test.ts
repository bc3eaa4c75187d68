import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecordingLog } from '../support/recording-log.js'
import { Rig } from '../support/rig.js'

/** A log that keeps the bytes of frames too. */
class FrameLog extends RecordingLog {
  readonly bytes: unknown[] = []
  override warn(fields: object, message: string): void {
    super.warn(fields, message)
    this.bytes.push((fields as { bytes?: unknown }).bytes)
  }
}

async function rigWith(decode: object) {
  const log = new FrameLog()
  const config = {
    gateway: 'g',
    workers: 0,
    http: false,
    sources: { plant: { type: 'script', decode } },
    windows: { second: { every: '1s', reduce: ['count', 'sum'] } },
  }
  const rig = new Rig({ config, log })
  await rig.start()
  const frames = () => rig.gateway.status().sources[0].frames
  return { rig, log, frames }
}

test('of a burst of broken frames the first four are logged with their bytes, in all five, then one a minute', async () => {
  const { rig, log, frames } = await rigWith({ type: 'json' })
  for (const text of ['{', 'hello', '\xff\0', '[1', '"', '}']) await rig.push('plant', 'm', text)
  await rig.advance(250)
  assert.deepEqual(log.bytes, ['{', 'hello', 'hex c3bf00', '[1'])
  assert.equal(log.said[0], 'warn: cannot read a frame: its syntax is broken')
  for (const text of ['a', 'b', 'c']) await rig.push('plant', 'm', text)
  await rig.advance(250)
  assert.deepEqual(log.bytes.slice(4), ['a'])
  await rig.advance(60_000)
  for (const text of ['x'.repeat(300), 'y']) await rig.push('plant', 'm', text)
  await rig.advance(250)
  assert.deepEqual(log.bytes.slice(5), ['x'.repeat(200)])
  assert.equal(frames().undecodable, 11)
  await rig.stop()
})

test('lines before the header of a live source are undecodable; it goes on, and takes the header when it comes', async () => {
  const { rig, log, frames } = await rigWith({ type: 'csv', header: true, fields: ['temp'] })
  await rig.push('plant', 'm', '.5,3\n20,1\n')
  await rig.push('plant', 'm', 'temp,hum\n21,1\n')
  await rig.push('plant', 'm', '22,1')
  await rig.push('plant', 'other', 'hum,temp\n1,23')
  await rig.advance(3000)
  assert.deepEqual(log.bytes, ['.5,3', '20,1'])
  assert.match(log.said[0], /it is no header: cannot find column "temp": got ".5", "3"/)
  const { in: all, decoded, undecodable, filtered } = frames()
  assert.deepEqual({ all, decoded, undecodable, filtered }, { all: 7, decoded: 3, undecodable: 2, filtered: 2 })
  const sums = [...rig.last().values()].map(({ device, fields }) => [device, fields.temp_sum])
  assert.deepEqual(sums.sort(), [
    ['m', 43],
    ['other', 23],
  ])
  await rig.stop()
})
