import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import type { ServiceState } from '../../src/service/state.js'
import { type Container, startContainer } from '../support/container.js'
import { until } from '../support/until.js'

const here = resolve(import.meta.dirname, '../../..')
const KOFFI = '/opt/weir/node_modules/koffi'
const WEIR = 'node /opt/weir/build/src/main.js'

/** systemd's own range of users that live as long as their service. */
const DYNAMIC_UIDS = [61184, 65519]

/** A broker with one user, and a sensor that speaks ten times a second. */
const PLANT = `
import { createServer } from 'node:net'
import { Aedes } from 'aedes'
const broker = await Aedes.createBroker()
broker.authenticate = (client, user, password, done) => done(null, user === 'weir' && String(password) === 'open sesame')
createServer(broker.handle).listen(1883, '127.0.0.1')
setInterval(() => broker.publish({ topic: 'plant/m1', payload: JSON.stringify({ temp: 20, ts: Date.now() }), qos: 0 }, () => {}), 100)
`

/** Makes the one thread of a process spin: Node opens its inspector at SIGUSR1, and that is told to evaluate a loop. */
const HANG = `
import { WebSocket } from 'ws'
const ask = () => fetch('http://127.0.0.1:9229/json').then((answer) => answer.json())
process.kill(Number(process.env.PID), 'SIGUSR1')
let targets
while (!targets) targets = await ask().catch(() => {})
const socket = new WebSocket(targets[0].webSocketDebuggerUrl)
socket.on('open', () => {
  const call = { id: 1, method: 'Runtime.evaluate', params: { expression: 'for (;;);' } }
  socket.send(JSON.stringify(call), () => socket.terminate())
})
`

const CONFIG = `
gateway: hall
stopTimeout: 5s
http: false
sources:
  plant:
    type: mqtt
    url: mqtt://127.0.0.1
    username: weir
    password: "\${credential:mqtt-password}"
    topics: ["plant/{machine}"]
    time: { path: ts, unit: ms }
    decode: { type: json, fields: [temp] }
windows:
  second: { of: "*", every: 1s, reduce: [count, mean] }
sinks:
  out: { type: file, path: points.lp }
`

// One machine lives through all of it: the tests go on where the one before ended.
let machine: Container
before(async () => {
  machine = await startContainer({
    binds: {
      '/opt/weir/build': join(here, 'build'),
      '/opt/weir/node_modules': realpathSync(join(here, 'node_modules')),
      '/opt/weir/package.json': join(here, 'package.json'),
      '/opt/weir/src': join(here, 'src'),
    },
  })
  put('/etc/weir/weir.yaml', CONFIG, 0o644)
  put('/etc/weir/plant.mjs', PLANT, 0o644)
  put('/etc/weir/hang.mjs', HANG, 0o644)
  await machine.sh(
    'systemd-run --unit=plant --working-directory=/opt/weir /bin/sh -c "node --input-type=module - </etc/weir/plant.mjs"',
  )
})
after(() => machine?.stop())

function put(path: string, text: string, mode: number): void {
  mkdirSync(join(machine.root, path, '..'), { recursive: true })
  writeFileSync(join(machine.root, path), text)
  chmodSync(join(machine.root, path), mode)
}

async function state(name = 'weir'): Promise<ServiceState> {
  return JSON.parse((await machine.run(`${WEIR} service status --json --name ${name}`)).stdout)
}

async function journal(name = 'weir'): Promise<{ priority: string; text: string }[]> {
  const lines = (await machine.sh(`journalctl -u ${name} -o json --no-pager`)).trim().split('\n')
  return lines.map((line) => JSON.parse(line)).map(({ PRIORITY, MESSAGE }) => ({ priority: PRIORITY, text: MESSAGE }))
}

test('nothing is installed while a credential is missing, and a dry run says so', async () => {
  const refused = await machine.run(`${WEIR} service install /etc/weir/weir.yaml`)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /credential mqtt-password, and there is no file \/etc\/weir\/credentials\/mqtt-password/)
  const dry = await machine.sh(`${WEIR} service install --dry-run /etc/weir/weir.yaml 2>&1`)
  assert.match(dry, /^write \/etc\/systemd\/system\/weir\.service:$/m)
  assert.match(dry, /note: .*credential mqtt-password/)
  assert.equal((await state()).installed, false)
})

test('install starts it, and it is ready and says what it does', async () => {
  put('/etc/weir/credentials/mqtt-password', 'open sesame\n', 0o600)
  // The watchdog of the unit is longer than a test should wait; this is how a user changes it.
  put('/etc/systemd/system/weir.service.d/override.conf', '[Service]\nWatchdogSec=2\n', 0o644)
  await machine.sh(`${WEIR} service install /etc/weir/weir.yaml`)
  const now = await state()
  assert.deepEqual([now.installed, now.enabled, now.active, now.sub], [true, true, 'active', 'running'])
  assert.equal(now.restarts, 0)
  const { status } = await until('the status line', async () => {
    const seen = await state()
    return /msg\/s/.test(seen.status) && /^1 series/.test(seen.status) && seen
  })
  assert.match(status, /^1 series, \d+ msg\/s, sinks up$/)
  const [uid] = (await machine.sh(`ps -o uid= -p ${now.pid}`)).trim().split(/\s+/).map(Number)
  assert.ok(uid >= DYNAMIC_UIDS[0] && uid <= DYNAMIC_UIDS[1], `user ${uid}`)
})

test('kill -9: it runs again, and what it kept in its runtime directory is there', async () => {
  await machine.sh('echo kept >/run/weir/mark')
  const { pid } = await state()
  await machine.sh(`kill -9 ${pid}`)
  const again = await until('it runs again', async () => {
    const seen = await state()
    return seen.active === 'active' && seen.pid !== pid && seen
  })
  assert.equal(again.restarts, 1)
  assert.equal(await machine.sh('cat /run/weir/mark'), 'kept\n')
})

test('a thread that hangs is ended by the watchdog, and weir runs again', async () => {
  const { pid } = await state()
  await machine.sh(`cd /opt/weir; PID=${pid} node --input-type=module - </etc/weir/hang.mjs`)
  const again = await until('it runs again', async () => {
    const seen = await state()
    return seen.active === 'active' && seen.pid !== pid && seen
  })
  assert.equal(again.restarts, 2)
  assert.ok((await journal()).some(({ text }) => /Watchdog timeout/.test(text)))
})

test('systemctl reload loads the configuration anew and says so to systemd; the process and its connection go on; a file with a problem changes nothing', async () => {
  const { pid, restarts } = await state()
  const lines = async () => (await machine.sh('cat /var/lib/weir/points.lp')).split('\n')
  const reload = async (config: string, says: RegExp) => {
    const seen = (await journal()).length
    put('/etc/weir/weir.yaml', config, 0o644)
    await machine.sh('systemctl log-level debug; systemctl reload weir')
    await until('it says what came of it, and then that it is ready', async () => {
      const texts = (await journal()).slice(seen).map(({ text }) => text)
      const places = [/\(RELOADING=1, MONOTONIC_USEC=\d+/, says, /\(READY=1/].map((pattern) =>
        texts.findLastIndex((text) => pattern.test(text)),
      )
      return places[0] >= 0 && places[0] < places[1] && places[1] < places[2]
    })
    await machine.sh('systemctl log-level info')
  }
  await reload(CONFIG.replace('[count, mean]', '[count, mean, max]'), /the configuration was loaded anew/)
  await until('points of the new kind', async () => (await lines()).some((line) => /temp_max=20/.test(line)))
  await reload(CONFIG.replace('every: 1s', 'every: soon'), /not loaded anew, and all goes on as it was: .*every/s)
  const before = (await lines()).length
  await until('points go on', async () => (await lines()).length > before)
  assert.match((await lines()).at(-2)!, /temp_max=20/)
  const links = (await journal()).filter(({ text }) => /source "plant" is up/.test(text))
  await reload(CONFIG, /the configuration was loaded anew/)
  const now = await state()
  assert.deepEqual([now.pid, now.restarts, now.active], [pid, restarts, 'active'])
  assert.equal((await journal()).filter(({ text }) => /source "plant" is up/.test(text)).length, links.length)
})

test('a second instance: a closed configuration, an encrypted credential, a serial port, and no koffi', async () => {
  const file = '/etc/weir/second.yaml'
  // A broker takes two clients of one name for one.
  const config = CONFIG.replace('gateway: hall', 'gateway: hall-2')
  const serial = '  logger: { type: serial, path: /dev/ttyUSB7, decode: { type: csv, columns: [level] } }'
  put(file, config.replace('windows:', `${serial}\nwindows:`), 0o600)
  await machine.sh('mkdir /etc/weir/second; systemd-creds setup')
  await machine.sh(
    'printf "open sesame" | systemd-creds encrypt --with-key=host --name=mqtt-password - /etc/weir/second/mqtt-password.cred',
  )
  // For who installs and for the service koffi is not there; systemd-notify speaks in its place.
  put('/etc/systemd/system/second.service.d/bare.conf', `[Service]\nInaccessiblePaths=${KOFFI}\n`, 0o644)
  const install = `${WEIR} service install --name second --credentials /etc/weir/second ${file}`
  const said = await machine.sh(`unshare --mount sh -c 'mount -t tmpfs none ${KOFFI} && ${install}' 2>&1`)
  assert.match(said, /second\.yaml is not to be read by the service's user/)
  await until('the broker took the password', async () =>
    (await journal('second')).some(({ text }) => /^source "plant" is up/.test(text)),
  )
  assert.ok((await journal('second')).some(({ text }) => /told by systemd-notify/.test(text)))
  // Nothing is plugged in: that is what it has to say first.
  const { pid } = await until('its first alarm', async () => {
    const seen = await state('second')
    return /logger.*ttyUSB7/.test(seen.status) && seen
  })
  assert.match(await machine.sh(`ps -o supgrp= -p ${pid}`), /\bdialout\b/)
  await machine.sh(`${WEIR} service remove --name second`)
  assert.equal((await state('second')).installed, false)
})

test('a stop is told, delivers, leaves the ledger in the journal and ends with 0', async () => {
  await until('samples since the start', async () => /^1 series/.test((await state()).status))
  await machine.sh('systemctl log-level debug; systemctl stop weir; systemctl log-level info')
  const { active, exitCode, result } = await state()
  assert.deepEqual([active, exitCode, result], ['inactive', 0, 'success'])
  const texts = (await journal()).map(({ text }) => text)
  const order = [
    /^ready /,
    /^stopping; a second signal/,
    /\(STOPPING=1, EXTEND_TIMEOUT_USEC=1[45]\d{6}, STATUS=/,
    /^frames +in/,
    /^balances$/,
    /Deactivated/,
  ]
  const places = order.map((pattern) => texts.findLastIndex((text) => pattern.test(text)))
  assert.ok(!places.includes(-1), texts.join('\n'))
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
    texts.join('\n'),
  )
})

test('journal lines are plain text with the priority that they have', async () => {
  put('/etc/weir/weir.yaml', CONFIG.replace('every: 1s', 'every: soon'), 0o644)
  assert.notEqual((await machine.run('systemctl start weir')).code, 0)
  const { active, exitCode, restarts } = await state()
  // 78 is not tried again.
  assert.deepEqual([active, exitCode, restarts], ['failed', 78, 0])
  const lines = await journal()
  const priorities = (pattern: RegExp) => new Set(lines.filter(({ text }) => pattern.test(text)).map((l) => l.priority))
  assert.deepEqual(priorities(/^ready {2}gateway=hall ms=\d+$/), new Set(['6']))
  assert.deepEqual(priorities(/^weir: a problem in the configuration$/), new Set(['3']))
  assert.deepEqual(priorities(/^ {2}windows\.second\.every: /), new Set(['3']))
  assert.deepEqual(
    lines.filter(({ text }) => /^[{<]/.test(text)),
    [],
  )
})

test('remove leaves nothing but configuration and state', async () => {
  const said = await machine.sh(`rm -r /etc/systemd/system/weir.service.d; ${WEIR} service remove 2>&1`)
  assert.match(said, /^kept: the configuration, credentials, and the state in \/var\/lib\/private\/weir/m)
  const found = await machine.sh(
    'find /etc/systemd /run /var/cache -name "weir*"; systemctl list-units --all --plain --no-legend "weir*"',
  )
  assert.equal(found, '')
  assert.match(await machine.sh('cat /var/lib/private/weir/points.lp'), /^second,gateway=hall,machine=m1/)
  assert.ok(readdirSync(join(machine.root, 'etc/weir')).includes('weir.yaml'))
  assert.ok(existsSync(join(machine.root, 'etc/weir/credentials/mqtt-password')))
})
