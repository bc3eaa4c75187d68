import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { openPort, type Port } from '../../src/sources/serial/binding.js'
import { type ReadData, readDevice } from '../support/bridge.js'
import { FakeClock } from '../support/fake-clock.js'
import { buildFirmware, type Firmware } from '../support/firmware.js'
import { openPtyPair } from '../support/pty.js'

// Every example runs, on its board or on a simulated one, and says what it should.

let firmware: Firmware
before(async () => {
  firmware = await buildFirmware()
})
after(() => firmware.clear())

const open = (path: string) =>
  openPort({ path, baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1, rtscts: false }, new FakeClock())

/** Bytes of a port until `enough` of them say what is looked for. */
async function readUntil(port: Port, enough: (data: ReadData[]) => boolean): Promise<Buffer> {
  const chunks: Buffer[] = []
  const buffer = new Uint8Array(65536)
  while (!enough(readDevice(Buffer.concat(chunks)).data)) {
    await port.readable()
    const bytes = port.read(buffer)
    assert.ok(bytes > 0)
    chunks.push(Buffer.from(buffer.subarray(0, bytes)))
  }
  return Buffer.concat(chunks)
}

const QUARTER = [0, 12, 25, 37, 49, 60, 71, 81, 90, 98, 106, 112, 117, 122, 125, 126, 127]
function sine(step: number): number {
  const value = step & 16 ? QUARTER[16 - (step & 15)] : QUARTER[step & 15]
  return step & 32 ? -value : value
}

/** What examples/app/app.c sends, sample by sample. */
function assertFrames(data: readonly ReadData[]): void {
  const vibration = data.filter(({ name }) => name === 'vibration')
  const temperature = data.filter(({ name }) => name === 'temperature')
  for (const [i, { sequence, ticks, rows }] of vibration.entries()) {
    assert.equal(sequence, vibration[0].sequence + i)
    assert.equal(ticks, sequence * 100)
    const expected = Array.from({ length: 50 }, (_, r) =>
      [1, 2, 3].map((turns) => 4 * sine(((ticks / 2 + r) * turns) & 63) + (turns === 3 ? 2048 : 0)),
    )
    assert.deepEqual(rows, expected)
  }
  for (const [i, { sequence, ticks, rows }] of temperature.entries()) {
    assert.equal(sequence, temperature[0].sequence + i)
    assert.equal(ticks, sequence * 1000)
    assert.deepEqual(rows, [[29_465 + (sequence % 100)]])
  }
  assert.ok(vibration.length >= 12 && temperature.length >= 2)
}

const enough = (data: ReadData[]) =>
  data.filter(({ name }) => name === 'vibration').length >= 12 &&
  data.filter(({ name }) => name === 'temperature').length >= 2

for (const board of ['ATmega328P', 'Cortex-M3'] as const)
  test(`the firmware on a simulated ${board}`, async () => {
    const simulated = await firmware.simulate(board)
    const port = await open(simulated.port)
    const { data } = readDevice(await readUntil(port, enough))
    await port.close()
    await simulated.stop()
    assertFrames(data)
  })

test('the same on this computer', async (t) => {
  const pty = await openPtyPair()
  t.after(() => pty.unplug())
  const port = await open(pty.port)
  const child = spawn(firmware.sensor, [pty.device, '1.4'], { stdio: 'inherit' })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const { data, bad, lost } = readDevice(await readUntil(port, enough))
  assert.deepEqual([bad, lost], [0, 0])
  assertFrames(data)
  assert.deepEqual(await ended, [0, null])
  await port.close()
})
