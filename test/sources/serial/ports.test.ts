import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { listPorts } from '../../../src/sources/serial/ports.js'

const folder = mkdtempSync(join(tmpdir(), 'weir-ports-'))
after(() => rmSync(folder, { recursive: true }))

function put(path: string, text = ''): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

function link(path: string, target: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  symlinkSync(join(folder, target), join(folder, path))
}

test('ports with their stable names and USB facts; no consoles and no empty slots', async () => {
  const usb = 'sys/devices/usb1/1-2'
  for (const [name, text] of Object.entries({
    idVendor: '1a86\n',
    idProduct: '7523\n',
    manufacturer: 'ACME\n',
    product: 'press\n',
  }))
    put(`${usb}/${name}`, text)
  put(`${usb}/1-2:1.0/ttyUSB10/dev`)
  put('sys/devices/platform/uart/dev')
  put('sys/class/tty/tty0/dev')
  for (const [name, device] of Object.entries({
    ttyUSB10: `${usb}/1-2:1.0/ttyUSB10`,
    ttyUSB9: 'sys/devices/platform/uart',
    ttyS0: 'sys/devices/platform/uart',
    ttyAMA0: 'sys/devices/platform/uart',
  })) {
    put(`dev/${name}`)
    link(`sys/class/tty/${name}/device`, device)
  }
  put('sys/class/tty/ttyS0/type', '0\n')
  put('sys/class/tty/ttyAMA0/type', '32\n')
  put('dev/ttyACM0')
  link('dev/serial/by-id/usb-ACME_press-if00', 'dev/ttyUSB10')
  link('dev/serial/by-id/usb-unknown-to-sys', 'dev/ttyACM0')
  link('dev/serial/by-id/usb-gone', 'dev/ttyUSB77')
  link('dev/serial/by-path/pci-0-usb-0:2', 'dev/ttyUSB10')
  link('dev/serial/by-path/pci-0-usb-0:3', 'dev/ttyUSB9')
  put('proc/812/cmdline', '/usr/sbin/gpsd\0-N\0')
  link('proc/812/fd/3', 'dev/ttyUSB9')
  link('proc/812/fd/4', 'dev/ttyUSB9')
  put('proc/813/comm', 'kworker\n')
  link('proc/813/fd/0', 'dev/ttyUSB9')
  link('proc/814/fd/0', 'dev/null')
  link('proc/self/fd/0', 'dev/ttyAMA0')

  const ports = await listPorts({ dev: join(folder, 'dev'), sys: join(folder, 'sys'), proc: join(folder, 'proc') })
  const named = ports.map(({ device }) => device.slice(join(folder, 'dev/').length))
  assert.deepEqual(named, ['ttyACM0', 'ttyAMA0', 'ttyUSB9', 'ttyUSB10'])
  const { problem, ...press } = ports[3]
  assert.deepEqual(press, {
    device: join(folder, 'dev/ttyUSB10'),
    stablePath: join(folder, 'dev/serial/by-id/usb-ACME_press-if00'),
    vendorId: '1a86',
    productId: '7523',
    manufacturer: 'ACME',
    product: 'press',
    serialNumber: undefined,
    heldBy: undefined,
  })
  // The stand-ins here are plain files.
  assert.match(problem!, /is no serial port/)
  assert.equal(ports[0].stablePath, join(folder, 'dev/serial/by-id/usb-unknown-to-sys'))
  assert.equal(ports[1].vendorId, undefined)
  assert.equal(ports[1].heldBy, undefined)
  // It does not say who it is: its place is what stays.
  assert.equal(ports[2].stablePath, join(folder, 'dev/serial/by-path/pci-0-usb-0:3'))
  assert.deepEqual(ports[2].heldBy, [
    { pid: 812, command: 'gpsd -N' },
    { pid: 813, command: 'kworker' },
  ])
})

test('without /dev/serial and /sys there are no ports, and no error', async () => {
  assert.deepEqual(
    await listPorts({ dev: join(folder, 'none'), sys: join(folder, 'none'), proc: join(folder, 'none') }),
    [],
  )
})

test("this machine's own ports can be listed", async () => {
  for (const port of await listPorts()) assert.match(port.device, /^\/dev\//)
})
