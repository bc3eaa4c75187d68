import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { cobsEncode } from '../../firmware-bridge/host/cobs.js'
import { crcs } from '../../src/memory/crc.js'
import { openPtyPair, type PtyPair } from '../support/pty.js'
import { emptyFolder, folderWith, startWeir, type WeirProcess } from '../support/weir.js'

// Serial ports as pseudo-terminals: loggers of lines, plugged in late, unplugged and plugged in again.

/** A device that is not plugged in yet. */
function logger(t: TestContext) {
  const folder = emptyFolder(t)
  let pair: PtyPair | undefined
  t.after(() => pair?.unplug())
  return {
    port: join(folder, 'port'),
    async plugIn() {
      pair = await openPtyPair(folder)
    },
    unplug: () => pair!.unplug(),
    write(text: string | Uint8Array) {
      const device = openSync(pair!.device, 'w')
      if (typeof text === 'string') writeSync(device, text)
      else writeSync(device, text)
      closeSync(device)
    },
  }
}

const job = (port: string, source: string) => `
gateway: bench
durability: memory
http: 127.0.0.1:0
sources:
  rig: { type: serial, path: ${port}, ${source} }
windows:
  second: { every: 1s, lateness: 0, reduce: [count, sum] }
sinks:
  out: { type: file, path: out.ndjson, format: ndjson }
`

interface Point {
  time: string
  tags: Record<string, string>
  fields: Record<string, number>
}

const pointsIn = (cwd: string): Point[] =>
  readFileSync(join(cwd, 'out.ndjson'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

const nextSecondMs = () => Math.ceil(Date.now() / 1000) * 1000

const isUp = (running: WeirProcess) => running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
const isDown = (running: WeirProcess) => running.shows('link down', ({ sources }) => sources[0].link.state === 'down')
const framesAre = (running: WeirProcess, count: number) =>
  running.shows(`${count} frames`, ({ sources }) => sources[0].frames.in === count)

test('CSV lines: waits for the port, is unplugged and plugged in again, and counts every line', async (t) => {
  const device = logger(t)
  const columns = 'time: { path: t, unit: ms }, decode: { type: csv, columns: [t, temp, hum], fields: [temp, hum] }'
  const cwd = folderWith(t, { 'weir.yaml': job(device.port, `baud: 9600, tags: { room: lab }, ${columns}`) })
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
  assert.equal((await running.get('/readyz')).status, 200)
  await running.shows('tried again', ({ sources }) => sources[0].link.attempts >= 2)
  const missing = running.messages('warn')
  assert.equal(missing.length, 1, missing.join('\n'))
  assert.match(missing[0], /cannot open serial port ".*port": no such file; plug the device in.*trying again/)

  const startMs = nextSecondMs()
  const line = (i: number) => `${startMs + i},${20 + i},${i / 2}\r\n`
  await device.plugIn()
  await isUp(running)
  device.write(line(0) + line(1))
  device.write(`${line(2)}rubbish\n${line(3).slice(0, 8)}`)
  await framesAre(running, 4)
  device.write(line(3).slice(8))
  await framesAre(running, 5)

  await device.unplug()
  await isDown(running)
  assert.match(running.messages('warn').at(-1)!, /serial port ".*port": it is gone; plug the device in again/)
  await device.plugIn()
  await isUp(running)
  device.write(line(4))
  await framesAre(running, 6)
  assert.equal(await running.terminate(), 0)
  const [point, ...more] = pointsIn(cwd)
  assert.deepEqual(more, [])
  assert.deepEqual(point, {
    time: point.time,
    measurement: 'second',
    tags: { gateway: 'bench', room: 'lab', source: 'rig' },
    fields: { temp_count: 5, temp_sum: 110, hum_count: 5, hum_sum: 5 },
  })
  assert.equal(Date.parse(point.time), startMs)
  assert.match(running.stderr(), /^balances$/m)
})

test('JSON lines, timed by their arrival', async (t) => {
  const device = logger(t)
  await device.plugIn()
  const cwd = folderWith(t, {
    'weir.yaml': job(device.port, 'tags: { id: "{.id}" }, decode: { type: json, fields: [temp] }'),
  })
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
  await isUp(running)
  let written = 0
  // Windows that began before the start are not written: go on until two others have closed.
  await running.shows('two windows', ({ windows }) => {
    for (const id of ['a', 'b']) device.write(`{"id":"${id}","temp":${id === 'a' ? 1 : 2}}\n`)
    written += 2
    return windows[0].lines >= 4
  })
  await framesAre(running, written)
  assert.equal(await running.terminate(), 0)
  const points = pointsIn(cwd)
  const sums = { a: 0, b: 0 }
  for (const { tags, fields } of points) {
    sums[tags.id as 'a' | 'b'] += fields.temp_sum
    assert.equal(fields.temp_sum, fields.temp_count * (tags.id === 'a' ? 1 : 2))
  }
  const [, decoded, reduced, lost = '0'] =
    /^samples +decoded +reduced(?: +lost)?\n +rig +(\d+) +(\d+)(?: +(\d+))?$/m.exec(running.stderr())!
  assert.equal(Number(decoded), written)
  assert.equal(Number(reduced) + Number(lost), written)
  assert.equal(sums.a + sums.b / 2, Number(reduced))
  assert.match(running.stderr(), /^balances$/m)
})

const framed: [frame: string, encode: (payload: Buffer) => Uint8Array][] = [
  ["{ type: length, sync: '\\xaa\\x55', size: 1 }", (payload) => Buffer.from([0xaa, 0x55, payload.length, ...payload])],
  ['{ type: cobs }', (payload) => Buffer.from([...cobsEncode(payload), 0])],
  [
    '{ type: slip }',
    (payload) =>
      Buffer.from([
        0xc0,
        ...[...payload].flatMap((byte) => (byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : [byte])),
        0xc0,
      ]),
  ],
]

for (const [frame, encode] of framed)
  test(`binary payloads in frames of ${frame}`, async (t) => {
    const device = logger(t)
    await device.plugIn()
    const fields = '[{ name: t, type: u64 }, { name: x, type: i16, scale: 0.5, count: rest }]'
    const source = `frame: ${frame}, time: { path: t, unit: us, rate: 100 }, decode: { type: struct, fields: ${fields}, crc: crc16-modbus }`
    const cwd = folderWith(t, { 'weir.yaml': job(device.port, source) })
    const running = startWeir(t, ['run', 'weir.yaml'], { cwd })
    await isUp(running)
    const startMs = nextSecondMs()
    const payload = Buffer.alloc(8 + 2 * 5 + 2)
    payload.writeBigUInt64LE(BigInt(startMs) * 1000n)
    for (let i = 0; i < 5; i++) payload.writeInt16LE(i - 2 + 192 * i, 8 + 2 * i)
    const modbus = crcs.find(({ name }) => name === 'crc16-modbus')!
    payload.writeUInt16LE(modbus.of(payload, 0, payload.length - 2), payload.length - 2)
    device.write(encode(payload))
    payload[9] ^= 1
    device.write(encode(payload))
    await framesAre(running, 2)
    assert.equal(await running.terminate(), 0)
    assert.deepEqual(
      pointsIn(cwd).map(({ time, fields }) => [Date.parse(time), fields]),
      [[startMs, { x_count: 5, x_sum: 192 * 5 }]],
    )
    assert.match(running.stderr(), /undecodable/)
    assert.match(running.stderr(), /its check is wrong/)
  })
