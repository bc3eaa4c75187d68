import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { SerialPort } from 'serialport'
import { openMockPort } from '../../src/demo/mock-port.js'
import { openPseudoTerminal } from '../../src/demo/pseudo-terminal.js'
import { openSerialLine } from '../../src/demo/serial-line.js'
import { openPort } from '../../src/sources/serial/binding.js'
import { FakeClock } from '../support/fake-clock.js'

const settings = { baudRate: 115200, dataBits: 8, parity: 'none', stopBits: 1, rtscts: false } as const

test('bytes go through the pseudo-terminal as they are, to serialport itself', async () => {
  const line = await openPseudoTerminal()
  const port = new SerialPort({ path: line.path, baudRate: 115200 })
  await once(port, 'open')
  // No echo, no newline made of a carriage return, no byte that ends or stops anything.
  const text = 'a\r\n\u0003\u0004\u0011\u0013\u007f\\é\n'
  line.write(text)
  let got = ''
  while (Buffer.byteLength(got) < Buffer.byteLength(text)) got += (await once(port, 'data'))[0].toString()
  assert.equal(got, text)
  await new Promise((resolve) => port.close(resolve))
  line.close()
  assert.equal(existsSync(line.path), false)
})

test('what nobody reads is dropped, without waiting, and what comes later is heard', async () => {
  const line = await openPseudoTerminal()
  for (let i = 0; i < 10_000; i++) line.write(`${i} ${'x'.repeat(50)}\n`)
  const port = await openPort({ ...settings, path: line.path }, new FakeClock())
  // What lay there when the port was opened is thrown away by opening it.
  line.write('later\n')
  const buffer = new Uint8Array(65536)
  await port.readable()
  const bytes = port.read(buffer)
  assert.equal(Buffer.from(buffer.subarray(0, bytes)).toString(), 'later\n')
  await port.close()
  line.close()
})

test('where this system can make a pseudo-terminal, it is one', async () => {
  const { line, noTerminal } = await openSerialLine()
  assert.equal(noTerminal, undefined)
  assert.equal(line.open, undefined)
  line.close()
})

test('the mock port reads what is written while it is open, and ends a waiting read when it is closed', async () => {
  const line = await openMockPort()
  assert.ok(line.open)
  line.write('nobody hears this\n')
  const port = await line.open({ ...settings, path: line.path }, new FakeClock())
  line.write('41.2,3.2\n')
  const buffer = new Uint8Array(64)
  await port.readable()
  const bytes = port.read(buffer)
  assert.equal(Buffer.from(buffer.subarray(0, bytes)).toString(), '41.2,3.2\n')
  const waiting = port.readable()
  await port.close()
  await port.close()
  await waiting
  assert.equal(port.read(buffer), 0)
  const again = await line.open({ ...settings, path: line.path }, new FakeClock())
  await again.close()
})
