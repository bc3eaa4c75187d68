import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, chownSync, readFileSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { portProblem } from '../../../src/sources/serial/access.js'
import { openPtyPair } from '../../support/pty.js'

const NOBODY = 65534
const asRoot = process.getuid?.() === 0

/** What a user without rights is told of `path`; this user itself when it isn't root. */
async function problemOfOther(path: string): Promise<string> {
  const script = `
    import { portProblem } from ${JSON.stringify(resolve(import.meta.dirname, '../../../src/sources/serial/access.js'))}
    if (${asRoot}) { process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY}) }
    process.stdout.write(String(await portProblem(${JSON.stringify(path)})))`
  return (await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])).stdout
}

test('a port that may be used has no problem', async () => {
  const pair = await openPtyPair()
  assert.equal(await portProblem(pair.port), undefined)
  await pair.unplug()
})

test('without rights the remedy is the group of the device, or a udev rule where it has none', async () => {
  const pair = await openPtyPair()
  try {
    const device = realpathSync(pair.port)
    chmodSync(device, 0)
    assert.match(await problemOfOther(device), /^permission denied; only its owner may use it; .*udev rule/)
    if (!asRoot) return
    const [, gid] = /^dialout:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))!
    chownSync(device, 0, Number(gid))
    chmodSync(device, 0o660)
    assert.equal(
      await problemOfOther(device),
      'permission denied; add user "nobody" to group "dialout" (usermod -aG dialout nobody), ' +
        'then log in again or restart the service',
    )
  } finally {
    await pair.unplug()
  }
})

test('what is no port is said', async () => {
  assert.match((await portProblem('/dev/absent'))!, /^no such file; .*`weir ports`/)
  assert.match((await portProblem('/dev'))!, /no serial port/)
})
