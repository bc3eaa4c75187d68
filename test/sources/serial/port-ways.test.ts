import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { BindingPort } from '../../../src/sources/serial/binding.js'
import { dataPort } from '../../../src/sources/serial/data-port.js'
import { descriptorPort } from '../../../src/sources/serial/descriptor-port.js'
import { FakeClock } from '../../support/fake-clock.js'
import { until } from '../../support/until.js'

// Hang-ups as pseudo-terminals do not show them.

const folder = mkdtempSync(join(tmpdir(), 'weir-port-'))
after(() => rmSync(folder, { recursive: true }))

/** A binding whose reads end only when it is closed. */
function silentBinding(fd?: number): BindingPort {
  let cancel = () => {}
  return {
    fd,
    poller: fd === undefined ? undefined : { once: (_event, callback) => callback(null) },
    read: () => new Promise((_resolve, reject) => (cancel = () => reject(new Error('Canceled')))),
    write: async () => {},
    set: async () => {},
    close: async () => cancel(),
  }
}

test('a descriptor that answers with no bytes has hung up', () => {
  const fd = openSync('/dev/null', 'r')
  const port = descriptorPort(silentBinding(fd), '/dev/ttyUSB9')!
  assert.throws(() => port.read(new Uint8Array(8)), /cannot read serial port "\/dev\/ttyUSB9": it is gone/)
  closeSync(fd)
  assert.equal(descriptorPort(silentBinding(), '/dev/ttyUSB9'), undefined)
})

test('without a descriptor a read that never ends does, once the name leads elsewhere', async () => {
  const path = join(folder, 'port')
  symlinkSync('/dev/null', path)
  const clock = new FakeClock()
  const port = dataPort(silentBinding(), path, clock)
  let outcome: string | undefined
  port.readable().catch((error) => (outcome = error.message))
  for (let seconds = 0; seconds < 5; seconds++) await clock.advance(1000)
  assert.equal(outcome, undefined)
  rmSync(path)
  symlinkSync('/dev/zero', path)
  await until('the end', async () => {
    await clock.advance(1000)
    return outcome
  })
  assert.match(outcome!, /it is gone/)
  assert.throws(() => port.read(new Uint8Array(8)), /it is gone/)
  assert.equal(clock.waiting, 0)
})

test('without a descriptor a close ends the read that waits', async () => {
  const clock = new FakeClock()
  const port = dataPort(silentBinding(), '/dev/null', clock)
  const waiting = port.readable()
  await port.close()
  await waiting
  assert.equal(port.read(new Uint8Array(8)), 0)
  assert.equal(clock.waiting, 0)
})
