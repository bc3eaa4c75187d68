import assert from 'node:assert/strict'
import { closeSync, openSync, realpathSync } from 'node:fs'
import { test } from 'node:test'
import { openPort } from '../../../src/sources/serial/binding.js'
import { holdersOf, holdersText } from '../../../src/sources/serial/holders.js'
import { FakeClock } from '../../support/fake-clock.js'
import { openPtyPair } from '../../support/pty.js'

test('this process is found to hold what it has open, and no longer', async () => {
  const pair = await openPtyPair()
  const device = realpathSync(pair.port)
  const own = async () =>
    (await holdersOf(new Set([device]))).get(device)?.some(({ pid }) => pid === process.pid) ?? false
  const fd = openSync(device, 'r+')
  assert.equal(await own(), true)
  closeSync(fd)
  assert.equal(await own(), false)
  await pair.unplug()
})

test('holders in words', () => {
  assert.equal(holdersText([{ pid: 812, command: 'gpsd -N' }]), 'gpsd -N (process 812)')
})

test('a port that another has locked names who holds it', async () => {
  const pair = await openPtyPair()
  const settings = { path: pair.port, baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1, rtscts: false } as const
  const first = await openPort(settings, new FakeClock())
  // This process holds it itself, besides socat which made it.
  await assert.rejects(openPort(settings, new FakeClock()), /has it open; end that/)
  await first.close()
  await pair.unplug()
})
