import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecordingLog } from '../support/recording-log.js'
import { Rig } from '../support/rig.js'

const T0 = 1_704_067_200_000_000

const config = (type: string) => ({
  sources: {
    s: { type, time: { path: 't', unit: 's' }, decode: { type: 'csv', header: true, fields: ['x'] } },
  },
  windows: { w: { every: '1s', reduce: ['count', 'sum'] } },
})

test('a line that is no header is counted and said, and a live source goes on with the next', async () => {
  const log = new RecordingLog()
  const rig = new Rig({ config: config('script'), log })
  await rig.start()
  await rig.advance(1000)
  await rig.push('s', 'a', 'rubbish,u\n1704067201,5\nt,x\n1704067201,2\n', 1)
  await rig.push('s', 'b', 'neither,here')
  await rig.push('s', 'b', 't,x\n1704067201,3')
  rig.script('s').out.endBurst()
  await rig.advance(3000)
  const { frames, link } = rig.gateway.status().sources[0]
  assert.deepEqual(
    { in: frames.in, undecodable: frames.undecodable, filtered: frames.filtered, decoded: frames.decoded },
    { in: 7, undecodable: 3, filtered: 2, decoded: 2 },
  )
  assert.notEqual(link.state, 'down')
  assert.deepEqual(
    rig.due.map((p) => [p.device, p.timeUs, p.fields.x_sum]),
    [
      ['a', T0 + 1e6, 2],
      ['b', T0 + 1e6, 3],
    ],
  )
  assert.match(
    log.said.join('\n'),
    /cannot read a frame: it is no header: cannot find column "(t|x)": got "rubbish", "u"/,
  )
  await rig.stop()
})

test('a file without its header ends the run with the reason', async () => {
  const rig = new Rig({ config: config('finite-script') })
  await rig.start()
  await rig.push('s', '', 'rubbish,u\n1704067201,5\n', 1)
  const script = rig.script('s')
  await assert.rejects(
    script.out.turn().catch((error) => {
      script.fail(error)
      throw error
    }),
    /cannot read .*cannot find column/,
  )
  await assert.rejects(rig.gateway.finished, /cannot find column/)
  rig.assertBalanced()
})
