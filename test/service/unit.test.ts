import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type UnitSettings, unitTemplate, unitText } from '../../src/service/unit.js'
import { emptyFolder, main } from '../support/weir.js'

const MAX_EXPOSURE = 3

const plain: UnitSettings = {
  node: process.execPath,
  main,
  files: ['/etc/weir/weir.yaml'],
  credentials: [],
  readsHomes: false,
  notifiesByCommand: false,
  stopTimeoutMs: 10_000,
}

const variants: Record<string, UnitSettings> = {
  plain,
  serial: { ...plain, serial: { groups: ['dialout'] } },
  'with everything': {
    ...plain,
    files: [
      '/etc/weir/a b.yaml',
      '/etc/weir/50%.yaml',
      '/srv/$HOME/"q".yaml',
      '/srv/%d/x.yaml',
      '%d/configuration-4.yaml',
    ],
    credentials: [
      { name: 'configuration-4.yaml', path: '/etc/weir/closed 100%.yaml' },
      { name: 'mqtt', path: '/etc/weir/credentials/mqtt' },
      { name: 'db', path: '/etc/weir/credentials/db.cred', encrypted: true },
    ],
    serial: { groups: [] },
    readsHomes: true,
    notifiesByCommand: true,
    stopTimeoutMs: 60_500,
  },
}

/** Values of a directive, in their order. */
const values = (text: string, key: string): string[] =>
  [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value)

function unitFile(t: TestContext, text: string): string {
  const file = join(emptyFolder(t), 'weir.service')
  writeFileSync(file, text)
  return file
}

/** All that systemd has against a unit; its exit code says nothing. */
function verify(file: string): string {
  const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
  return stdout + stderr
}

for (const [name, settings] of Object.entries(variants))
  test(`systemd has nothing against the unit: ${name}`, (t) => {
    const file = unitFile(t, unitText(settings))
    assert.equal(verify(file), '')
    const said = execFileSync('systemd-analyze', ['security', '--offline=true', file], { encoding: 'utf8' })
    const exposure = Number(/Overall exposure level for weir\.service: ([\d.]+)/.exec(said)?.[1])
    assert.ok(exposure <= MAX_EXPOSURE, `exposure ${exposure}`)
  })

test('verify would tell of a directive that there is not', (t) => {
  assert.match(verify(unitFile(t, unitText(plain).replace('Restart=', 'Restrat='))), /Restrat/)
})

test('the template as shipped is a unit by itself', () => {
  const text = unitTemplate()
  const file = resolve(import.meta.dirname, '../../../src/service/weir.service')
  assert.ok(text.includes('ExecStart=/usr/bin/node '))
  // Node or weir may not be where it says on this machine.
  const said = verify(file)
    .split('\n')
    .filter((line) => line && !/is not executable/.test(line))
  assert.deepEqual(said, [])
})

test('it is watched, started again, and left alone after wrong usage and wrong configuration', () => {
  const text = unitText(plain)
  const expected = {
    Type: 'notify',
    WatchdogSec: '10',
    Restart: 'always',
    StartLimitIntervalSec: '0',
    RestartPreventExitStatus: '64 78',
    RuntimeDirectoryPreserve: 'yes',
    DynamicUser: 'yes',
    NotifyAccess: 'main',
    ProtectHome: 'yes',
    PrivateDevices: 'yes',
    TimeoutStopSec: '20',
    WantedBy: 'multi-user.target',
  }
  for (const [key, value] of Object.entries(expected)) assert.deepEqual(values(text, key), [value], key)
  for (const key of [
    'DeviceAllow',
    'SupplementaryGroups',
    'LoadCredential',
    'LoadCredentialEncrypted',
    'LimitAS',
    'MemoryDenyWriteExecute',
  ])
    assert.deepEqual(values(text, key), [], key)
})

test('serial ports are opened to it, also those that are plugged in later', () => {
  const text = unitText(variants.serial)
  assert.deepEqual(values(text, 'DevicePolicy'), ['closed'])
  assert.deepEqual(values(text, 'PrivateDevices'), ['no'])
  assert.deepEqual(values(text, 'SupplementaryGroups'), ['dialout'])
  for (const driver of ['ttyUSB', 'ttyACM', 'ttyS', 'ttyAMA'])
    assert.ok(values(text, 'DeviceAllow').includes(`char-${driver} rw`))
  assert.match(values(text, 'After')[0], /modprobe@usbserial\.service/)
  assert.match(values(text, 'Wants')[0], /modprobe@cdc_acm\.service/)
})

test('paths are taken as they are, whatever is in them', () => {
  const text = unitText(variants['with everything'])
  assert.deepEqual(values(text, 'ExecStart'), [
    `${process.execPath} ${main} run "/etc/weir/a b.yaml" /etc/weir/50%%.yaml "/srv/$$HOME/\\"q\\".yaml" /srv/%%d/x.yaml %d/configuration-4.yaml`,
  ])
  assert.deepEqual(values(text, 'LoadCredential'), [
    'configuration-4.yaml:/etc/weir/closed 100%%.yaml',
    'mqtt:/etc/weir/credentials/mqtt',
  ])
  assert.deepEqual(values(text, 'LoadCredentialEncrypted'), ['db:/etc/weir/credentials/db.cred'])
  assert.deepEqual(values(text, 'ProtectHome'), ['read-only'])
  assert.deepEqual(values(text, 'NotifyAccess'), ['all'])
  assert.deepEqual(values(text, 'TimeoutStopSec'), ['71'])
})
