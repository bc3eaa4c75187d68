import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silent } from '../../src/model/log.js'
import { superviseThis, watchdogOf } from '../../src/service/notify.js'
import { notifyByCommand } from '../../src/service/notify-command.js'
import { type Notifier, openNotifySocket, socketAddress } from '../../src/service/notify-socket.js'
import { FakeClock } from '../support/fake-clock.js'
import { exampleStatus } from '../support/status.js'
import { until } from '../support/until.js'
import { emptyFolder, weir } from '../support/weir.js'

/** A service manager's socket; `heard` is what it received so far. */
async function listenAt(t: TestContext, address: string, isOpen: () => boolean) {
  const socat = spawn('socat', ['-u', address, 'STDOUT'], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(async () => {
    const gone = once(socat, 'exit')
    socat.kill()
    await gone
  })
  let heard = ''
  socat.stdout.setEncoding('utf8').on('data', (text) => (heard += text))
  await until(`${address} is open`, isOpen)
  return () => heard
}

test('a message reaches a socket at a path', async (t) => {
  const path = join(emptyFolder(t), 'notify')
  const heard = await listenAt(t, `UNIX-RECV:${path}`, () => existsSync(path))
  const notifier = await openNotifySocket(path)
  notifier.send(['READY=1', 'STATUS=zwölf °C'])
  notifier.close()
  await until('it is heard', () => heard() === 'READY=1\nSTATUS=zwölf °C')
})

test('a message reaches a socket in the abstract namespace', async (t) => {
  const name = `weir-test-${process.pid}`
  const heard = await listenAt(t, `ABSTRACT-RECV:${name}`, () =>
    readFileSync('/proc/net/unix', 'utf8').includes(`@${name}`),
  )
  const notifier = await openNotifySocket(`@${name}`)
  notifier.send(['WATCHDOG=1'])
  notifier.close()
  await until('it is heard', () => heard() === 'WATCHDOG=1')
})

test('a socket that is gone costs nothing', async (t) => {
  const notifier = await openNotifySocket(join(emptyFolder(t), 'nobody'))
  notifier.send(['READY=1'])
  notifier.close()
})

test('addresses that are none of a Unix socket are refused', () => {
  for (const address of ['', '@', 'vsock:2:1', 'relative', `/${'x'.repeat(107)}`])
    assert.throws(() => socketAddress(address), /no address of a Unix socket/)
  assert.equal(socketAddress(`/${'x'.repeat(106)}`).length, 2 + 108)
})

test('without koffi each message is a call of a command, which is tried at once', async () => {
  const told: string[][] = []
  const notifier = await notifyByCommand(async (lines) => void told.push([...lines]))
  notifier.send(['READY=1', 'STATUS=; rm -rf /'])
  assert.deepEqual(told, [['STATUS=starting'], ['READY=1', 'STATUS=; rm -rf /']])
  await assert.rejects(
    notifyByCommand(() => Promise.reject(new Error('no such command'))),
    /no such command/,
  )
})

test('when nothing can be said, weir does not start, and says why and what to do', async (t) => {
  const cwd = emptyFolder(t)
  writeFileSync(
    join(cwd, 'weir.yaml'),
    `
http: false
sources:
  plant: { type: mqtt, url: "mqtt://127.0.0.1:1", topics: ["a"], decode: { type: json } }
windows:
  ten: { of: "*", every: 10s, reduce: [mean] }
sinks:
  out: { type: file, path: out.lp }
`,
  )
  // Of this kind there is no socket for koffi, and in an empty folder no command.
  const env = { NOTIFY_SOCKET: 'vsock:2:1', PATH: cwd }
  const { code, stderr } = await weir(t, ['run', 'weir.yaml'], { cwd, env })
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^weir: cannot tell the service manager that weir is ready: .*vsock.*systemd-notify.*install weir/,
  )
})

async function supervised(env: Record<string, string>, status = () => exampleStatus()) {
  const clock = new FakeClock()
  const sent: string[] = []
  const notifier: Notifier = { send: (lines) => void sent.push(lines.join(' ')), close: () => void sent.push('closed') }
  const supervision = await superviseThis({ clock, log: silent, status, env, pid: 42, stopTimeoutMs: 3000, notifier })
  const heard = () => sent.splice(0)
  return { clock, supervision, heard }
}

test('ready once ready, then fed at half of the watchdog, and stopping until the end', async () => {
  const { clock, supervision, heard } = await supervised({ WATCHDOG_USEC: '10000000', WATCHDOG_PID: '42' })
  await clock.advance(60_000)
  assert.deepEqual(heard(), [])
  supervision.ready()
  assert.deepEqual(heard(), ['READY=1 STATUS=2 series, sinks up WATCHDOG=1'])
  await clock.advance(4999)
  assert.deepEqual(heard(), [])
  await clock.advance(10_001)
  assert.deepEqual(heard(), Array(3).fill('READY=1 STATUS=2 series, 0 msg/s, sinks up WATCHDOG=1'))
  supervision.stopping()
  await clock.advance(5000)
  assert.deepEqual(
    heard().map((message) => message.split(' ').slice(0, 2)),
    [
      ['STOPPING=1', 'EXTEND_TIMEOUT_USEC=13000000'],
      ['STOPPING=1', 'EXTEND_TIMEOUT_USEC=8000000'],
    ],
  )
  await clock.advance(10_000)
  assert.match(heard().at(-1)!, /^STOPPING=1 EXTEND_TIMEOUT_USEC=0 /)
  supervision.close()
  await clock.advance(60_000)
  assert.deepEqual(heard(), ['closed'])
  assert.equal(clock.waiting, 0)
})

test('without a watchdog the status is still told', async () => {
  const { clock, supervision, heard } = await supervised({})
  supervision.ready()
  await clock.advance(20_000)
  const messages = heard()
  assert.equal(messages.length, 3)
  assert.ok(messages.every((message) => !message.includes('WATCHDOG')))
})

test('the watchdog of another process, or none, is not fed', () => {
  assert.equal(watchdogOf({ WATCHDOG_USEC: '10000000', WATCHDOG_PID: '42' }, 42), 10_000)
  assert.equal(watchdogOf({ WATCHDOG_USEC: '10000000' }, 42), 10_000)
  assert.equal(watchdogOf({ WATCHDOG_USEC: '10000000', WATCHDOG_PID: '41' }, 42), undefined)
  for (const us of ['', '0', '-1', 'soon']) assert.equal(watchdogOf({ WATCHDOG_USEC: us }, 42), undefined)
})
