import assert from 'node:assert/strict'
import { test } from 'node:test'
import { portsText } from '../../src/cli/ports.js'

test('ports as a table, problems below, and nothing that steers a terminal', () => {
  const text = portsText([
    {
      device: '/dev/ttyUSB0',
      stablePath: '/dev/serial/by-id/usb-ACME',
      product: 'press\u001b[2J',
      heldBy: [{ pid: 812, command: 'gpsd -N' }],
    },
    { device: '/dev/ttyS0', problem: 'permission denied; add user "pi" to group "dialout"' },
  ])
  assert.equal(
    text,
    [
      'path                        device        product',
      '/dev/serial/by-id/usb-ACME  /dev/ttyUSB0  press\\u{1b}[2J  in use by gpsd -N (process 812)',
      '/dev/ttyS0',
      '',
      '/dev/ttyS0: permission denied; add user "pi" to group "dialout"',
      '',
    ].join('\n'),
  )
})

test('without ports it says what to do', () => {
  assert.match(portsText([]), /^no serial ports here; plug one in/)
})
