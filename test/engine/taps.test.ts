import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../support/rig.js'

const config = {
  batch: '250ms',
  sources: { s: { type: 'script', time: { path: 't', unit: 'us' }, decode: { type: 'json', fields: ['a', 'b'] } } },
  windows: { second: { of: { field: 'a' }, every: '1s', lateness: '0', reduce: ['mean'] } },
}

test('whoever looks sees frames, counts, samples with their fates, and points; and nothing once gone', async () => {
  const rig = new Rig({ config })
  const seen: string[] = []
  const look = () =>
    rig.gateway.tap({
      frame: (source, { name }, { bytes, start, end, arrivalUs }) =>
        seen.push(`frame ${source} ${name} ${arrivalUs - begunUs} ${Buffer.from(bytes.subarray(start, end))}`),
      counted: (source, reason, frames) => seen.push(`counted ${source} ${reason} ${frames}`),
      lost: (source, bytes) => seen.push(`lost ${source} ${bytes}`),
      samples(samples) {
        for (let i = 0; i < samples.rows; i++) {
          const device = samples.device(i).tags.find(([name]) => name === 'device')?.[1]
          seen.push(
            `sample ${device} ${samples.field(i)} ${samples.timeUs(i) - begunUs} ${samples.value(i)} ${samples.fate(i)}`,
          )
        }
      },
      points: ({ lines, value }) => seen.push(`points ${lines} ${value[0]}`),
    })
  await rig.start()
  await rig.advance(1000)
  const begunUs = rig.clock.nowUs()
  await rig.push('s', 'm', `{"t":${begunUs},"a":0}`)
  assert.equal(seen.length, 0)
  const leave = look()
  await rig.push('s', 'm', `{"t":${begunUs + 5},"a":1,"b":2}`)
  rig.script('s').out.count('retained', 3)
  rig.script('s').out.lostBytes(7)
  await rig.advance(250)
  assert.deepEqual(seen.splice(0), [
    `frame s m 0 {"t":${begunUs + 5},"a":1,"b":2}`,
    'counted s retained 3',
    'lost s 7',
    'sample m a 0 0 reduced',
    'sample m a 5 1 reduced',
    'sample m b 5 2 unmatched',
  ])
  rig.script('s').out.endBurst()
  await rig.advance(3000)
  assert.deepEqual(seen.splice(0), ['points 1 0.5'])
  await rig.push('s', 'm', `{"t":${begunUs + 3_000_000},"a":1}`)
  await rig.push('s', 'm', `{"t":${begunUs + 9},"a":1}`)
  await rig.push('s', 'm', `{"t":${begunUs + 1e9},"a":1}`)
  await rig.advance(250)
  assert.deepEqual(
    seen.filter((line) => line.startsWith('sample')).map((line) => line.split(' ').at(-1)),
    ['reduced', 'late', 'future'],
  )
  leave()
  seen.length = 0
  await rig.push('s', 'm', `{"t":${begunUs + 3_000_001},"a":1}`)
  await rig.advance(3000)
  assert.equal(seen.length, 0)
  await rig.stop()
})

test('points are looked at where every sink takes a window once, too, and its counts stay right', async () => {
  const rig = new Rig({ config: { ...config, sinks: { out: { type: 'memory' } } } })
  await rig.start()
  await rig.advance(1000)
  const t = rig.clock.nowUs()
  await rig.push('s', 'm', `{"t":${t},"a":1}`)
  let looked = 0
  const leave = rig.gateway.tap({ points: () => looked++ })
  await rig.advance(3000)
  leave()
  await rig.push('s', 'm', `{"t":${t + 2_000_000},"a":3}`)
  await rig.advance(3000)
  await rig.stop()
  assert.equal(looked, 1)
  assert.equal(rig.sunk.get('out')?.length, 2)
  assert.equal(rig.gateway.status().windows[0].lines, 2)
})
