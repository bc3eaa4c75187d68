import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { startContainer } from '../support/container.js'
import { until } from '../support/until.js'

// docs/raspberry-pi.md as its reader follows it, in a bare Debian: files are written, commands run, in their order.

const here = resolve(import.meta.dirname, '../../..')
const page = readFileSync(join(here, 'docs/raspberry-pi.md'), 'utf8')
const [before, after] = page.split('\n## 3. ')
const packages = [...before.matchAll(/apt-get install -y ([a-z -]+)$/gm)].flatMap(([, names]) => names.split(' '))

test('from packages to points', { timeout: 240_000 }, async (t) => {
  assert.deepEqual(packages, ['mosquitto', 'mosquitto-clients', 'influxdb', 'influxdb-client'])
  const machine = await startContainer({
    packages,
    binds: {
      '/opt/weir/build': join(here, 'build'),
      '/opt/weir/node_modules': realpathSync(join(here, 'node_modules')),
      '/opt/weir/package.json': join(here, 'package.json'),
      '/opt/weir/src': join(here, 'src'),
    },
  })
  t.after(() => machine.stop())
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(machine.root, path)), { recursive: true })
    writeFileSync(join(machine.root, path), text, { mode })
  }
  // What section 2 installs; who is root there needs no sudo.
  put('/usr/local/bin/weir', '#!/bin/sh\nexec node /opt/weir/build/src/main.js "$@"\n', 0o755)
  put('/usr/local/bin/sudo', '#!/bin/sh\nexec "$@"\n', 0o755)

  let ran = 0
  for (const [, language, block] of after.matchAll(/^```(sh|conf|yaml)\n(.*?)^```$/gms)) {
    if (language !== 'sh') {
      put(/^# (\/\S+)$/m.exec(block)![1], block)
      continue
    }
    if (block.startsWith('influx ')) {
      const say = `mosquitto_pub -u sensors -P a-password -t zigbee2mqtt/kitchen -m '{"temperature":21.5,"humidity":40}'`
      await machine.sh(say)
      // The next window's first sample ends this one's wait.
      const found = await until(
        'points in the database',
        async () => {
          await machine.run(say)
          const { stdout } = await machine.run(block)
          return /ten_seconds/.test(stdout) && stdout
        },
        60_000,
      )
      assert.match(found, /ten_seconds/)
    } else await machine.sh(`set -e\n${block}`)
    ran++
  }
  assert.equal(ran, 5)
  const status = JSON.parse(await machine.sh('weir status --json'))
  assert.deepEqual(
    status.sources.map(({ name, link }: { name: string; link: { state: string } }) => [name, link.state]),
    [
      ['zigbee', 'up'],
      ['tasmota', 'up'],
    ],
  )
  const rows = await machine.sh(
    `influx -database home -format csv -execute 'select temp_mean, humidity_max from ten_seconds'`,
  )
  assert.match(rows, /ten_seconds,\d+,21\.5,40/)
})
