import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type TestContext, test } from 'node:test'
import { installService, removeService } from '../../src/cli/service.js'
import { ConfigError } from '../../src/model/errors.js'
import type { CommandOutcome, Host } from '../../src/service/host.js'
import { type InstallRequest, planInstallation } from '../../src/service/install.js'
import { placeholdersOf } from '../../src/service/placeholders.js'
import { planRemoval } from '../../src/service/remove.js'
import { serviceState, stateText } from '../../src/service/state.js'
import { perform, stepsText } from '../../src/service/steps.js'
import { MADE_BY } from '../../src/service/unit.js'
import { emptyFolder, main } from '../support/weir.js'

const LIVE = `
sources:
  plant: { type: mqtt, url: "mqtt://localhost", username: weir, password: "\${credential:mqtt}", topics: ["a/#"], decode: { type: json } }
windows:
  second: { of: "*", every: 1s, reduce: [mean] }
sinks:
  out: { type: file, path: out.lp }
`
const UNIT = '/etc/systemd/system/weir.service'

/** A machine of which only files are real; commands are recorded. */
class FakeHost implements Host {
  readonly root: string
  readonly isRoot = true
  readonly hasSystemd = true
  readonly ran: string[] = []
  readonly answers = new Map<string, Partial<CommandOutcome>>()

  constructor(t: TestContext) {
    this.root = emptyFolder(t)
  }

  put(path: string, text: string): string {
    mkdirSync(dirname(this.root + path), { recursive: true })
    writeFileSync(this.root + path, text)
    return this.root + path
  }

  async run(command: string, args: readonly string[]): Promise<CommandOutcome> {
    this.ran.push([command, ...args].join(' '))
    const answer = this.answers.get(args[0])
    return { code: 0, stdout: '', stderr: '', ...answer }
  }
}

function request(host: FakeHost, text = LIVE): InstallRequest {
  const file = host.put('/weir.yaml', text)
  return { files: [file], name: 'weir', credentials: '/creds', node: process.execPath, main, hasKoffi: true }
}

test('install writes the unit, enables and starts it; remove undoes that', async (t) => {
  const host = new FakeHost(t)
  host.put('/creds/mqtt', 'secret')
  const { steps, obstacles, unit } = await planInstallation(request(host), host)
  assert.deepEqual(
    obstacles.filter((text) => !text.includes('has a user of its own')),
    [],
  )
  host.ran.length = 0
  const told: string[] = []
  await perform(steps, host, (line) => told.push(line))
  assert.equal(readFileSync(host.root + UNIT, 'utf8'), unit)
  assert.deepEqual(host.ran, [
    'systemctl daemon-reload',
    'systemctl enable weir.service',
    'systemctl restart weir.service',
  ])
  assert.equal(told[0], `write ${UNIT}`)

  host.ran.length = 0
  await perform(planRemoval('weir', host).steps, host, () => {})
  assert.ok(!existsSync(host.root + UNIT))
  assert.deepEqual(host.ran, [
    'systemctl disable --now weir.service',
    'systemctl reset-failed weir.service',
    'systemctl clean --what=runtime --what=cache weir.service',
    'systemctl daemon-reload',
  ])
  assert.throws(() => planRemoval('weir', host), /weir installed none/)
})

test('a dry run says all and does nothing', async (t) => {
  const host = new FakeHost(t)
  const { steps, unit } = await planInstallation(request(host), host)
  const text = stepsText(steps)
  for (const line of unit.split('\n').filter(Boolean)) assert.ok(text.includes(`    ${line}\n`), line)
  assert.match(text, /^run systemctl restart weir\.service$/m)
  assert.ok(!existsSync(host.root + UNIT))
  assert.deepEqual(
    host.ran.filter((command) => !command.includes(' show ')),
    [],
  )
})

test('a command that fails ends it, and is named', async (t) => {
  const host = new FakeHost(t)
  host.answers.set('enable', { code: 1, stderr: 'no space\n' })
  const { steps } = await planInstallation(request(host), host)
  await assert.rejects(
    perform(steps, host, () => {}),
    /^Error: cannot run systemctl enable weir.service: it ended with 1: no space$/,
  )
  assert.ok(!host.ran.includes('systemctl restart weir.service'))
})

test('what stands in the way is told with the remedy', async (t) => {
  const host = new FakeHost(t)
  const obstacles = async (changes: Partial<InstallRequest> = {}, text = LIVE) =>
    (await planInstallation({ ...request(host, text), ...changes }, host)).obstacles.join('\n')
  assert.match(await obstacles(), /credential mqtt, and there is no file \/creds\/mqtt; write the secret/)
  assert.match(
    await obstacles(
      {},
      LIVE.replace(
        /plant: .*/,
        'plant: { type: file, path: "-", time: { path: ts, unit: ms }, decode: { type: json } }',
      ),
    ),
    /ends by itself/,
  )
  assert.match(
    await obstacles({}, LIVE.replace('${credential:mqtt}', '${file:/etc/shadow}')),
    /\/etc\/shadow is closed .*asks for its text by \$\{file:…\}.*write \$\{credential:NAME\}/,
  )
  const closed = host.put('/tool', '')
  assert.match(await obstacles({ main: closed }), /temporary folder.*sudo npm install --global/)
  host.put(UNIT, '[Unit]\n')
  assert.match(await obstacles(), /weir\.service was not made by weir; give another --name/)
  host.put(UNIT, `${MADE_BY}\n`)
  assert.doesNotMatch(await obstacles(), /another --name/)
  host.answers.set('show', { stdout: '/lib/systemd/system/cron.service\n' })
  assert.match(await obstacles({ name: 'cron' }), /a service of this name already, \/lib\/systemd/)
})

test('a configuration with problems is refused with all of them', async (t) => {
  const host = new FakeHost(t)
  await assert.rejects(planInstallation(request(host, LIVE.replace('1s', 'soon')), host), ConfigError)
  await assert.rejects(planInstallation({ ...request(host), name: '../x' }, host), /cannot use "\.\.\/x" as the name/)
})

test('a configuration that the service can not read is handed over', async (t) => {
  const host = new FakeHost(t)
  const { unit, notes } = await planInstallation(request(host), host)
  // Temporary folders are hidden from services.
  assert.match(unit, /^ExecStart=.* run %d\/configuration-1\.yaml$/m)
  assert.match(unit, new RegExp(`^LoadCredential=configuration-1.yaml:${host.root}/weir.yaml$`, 'm'))
  assert.match(notes.join('\n'), /systemd hands it over/)
})

test('an encrypted credential is handed over as one', async (t) => {
  const host = new FakeHost(t)
  host.put('/creds/mqtt.cred', 'encrypted')
  const { unit, obstacles } = await planInstallation(request(host), host)
  assert.match(unit, /^LoadCredentialEncrypted=mqtt:\/creds\/mqtt\.cred$/m)
  assert.doesNotMatch(unit, /^LoadCredential=mqtt/m)
  assert.doesNotMatch(obstacles.join(), /credential mqtt/)
})

test('what a service has not, or may not read, is told before', async (t) => {
  const host = new FakeHost(t)
  const tls = LIVE.replace('"mqtt://localhost"', '"mqtts://localhost", cert: /etc/hosts, key: /etc/shadow').replace(
    '${credential:mqtt}',
    '${env:MQTT_WORD}',
  )
  const { notes } = await planInstallation(request(host, tls), host)
  assert.match(notes.join('\n'), /environment variable MQTT_WORD.*systemctl edit weir\.service.*Environment=MQTT_WORD=/)
  assert.match(notes.join('\n'), /\/etc\/shadow is closed .*LoadCredential=NAME:PATH/)
})

test('serial ports bring their group, where the machine has it', async (t) => {
  const host = new FakeHost(t)
  const serial = LIVE.replace(
    'windows:',
    '  s: { type: serial, path: /dev/ttyUSB0, decode: { type: csv, columns: [a] } }\nwindows:',
  )
  const groups = async () =>
    /^SupplementaryGroups=.*$/m.exec((await planInstallation(request(host, serial), host)).unit)?.[0]
  assert.equal(await groups(), undefined)
  host.put('/etc/group', 'root:x:0:\ndialout:x:20:\n')
  assert.equal(await groups(), 'SupplementaryGroups=dialout')
})

test('only root on a machine with systemd may change something', async (t) => {
  const host = new FakeHost(t)
  host.put('/creds/mqtt', 'secret')
  const { files } = request(host)
  const options = { name: 'weir', credentials: '/creds' }
  const without = (changes: Partial<Host>) => Object.assign(Object.create(host), changes) as Host
  await assert.rejects(
    installService(files, options, without({ isRoot: false })),
    /only root may; run: sudo weir service install --credentials \/creds \//,
  )
  await assert.rejects(installService(files, options, without({ hasSystemd: false })), /not started by systemd/)
  host.put(UNIT, `${MADE_BY}\n`)
  await assert.rejects(removeService({ name: 'weir' }, without({ isRoot: false })), /run: sudo weir service remove/)
  assert.ok(existsSync(host.root + UNIT))
})

test('placeholders are found wherever they stand, each once, escaped ones not', () => {
  const document = {
    a: ['x${credential:one}y${credential:two}', { b: '${credential:one}' }],
    c: '$${credential:no} ${env:X:-1} ${env:Y} ${file:/a/b}',
  }
  assert.deepEqual(placeholdersOf(document), { credentials: ['one', 'two'], files: ['/a/b'], variables: ['Y'] })
  assert.deepEqual(placeholdersOf(undefined), { credentials: [], files: [], variables: [] })
})

test('the state of a service, for programs and for people', async (t) => {
  const host = new FakeHost(t)
  host.answers.set('show', {
    stdout: [
      'LoadState=loaded',
      'UnitFileState=enabled',
      'ActiveState=active',
      'SubState=running',
      'StateChangeTimestamp=@1700000000',
      'NRestarts=2',
      'MainPID=42',
      'StatusText=42 series, a=b',
      'Result=success',
      'ExecMainCode=0',
      'ExecMainStatus=0',
      '',
    ].join('\n'),
  })
  const state = await serviceState('weir', host)
  assert.deepEqual(state, {
    name: 'weir',
    installed: true,
    enabled: true,
    active: 'active',
    sub: 'running',
    sinceUs: 1_700_000_000_000_000,
    restarts: 2,
    pid: 42,
    status: '42 series, a=b',
    result: 'success',
    exitCode: null,
  })
  assert.match(
    stateText(state),
    /^state +active \(running\)\nsince +2023-11-14T22:13:20\.000Z\nrestarts +2\ndoes +42 series, a=b\n$/m,
  )
  host.answers.set('show', {
    stdout:
      'LoadState=loaded\nActiveState=failed\nSubState=failed\nMainPID=0\nNRestarts=0\nResult=exit-code\nExecMainCode=1\nExecMainStatus=78\n',
  })
  assert.match(stateText(await serviceState('weir', host)), /^ended +exit-code, code 78$/m)
  host.answers.set('show', { stdout: 'LoadState=not-found\n' })
  assert.equal(stateText(await serviceState('weir', host)), 'weir: not installed\n')
})
