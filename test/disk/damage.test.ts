import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Damage } from '../../src/disk/damage.js'
import { StateError } from '../../src/model/errors.js'
import { silent } from '../../src/model/log.js'
import { FaultyDisk, WRITES } from '../support/faulty-disk.js'
import { MemoryDisk } from '../support/memory-disk.js'

function rig(policy: 'setAside' | 'refuse') {
  const memory = new MemoryDisk()
  memory.makeDir('/run')
  memory.files.set('/run/x.log', Buffer.from('good and bad'))
  const disk = new FaultyDisk(memory)
  const damage = new Damage({ disk, stateDir: '/state', policy, log: silent })
  const text = (path: string) => memory.files.get(path)?.toString()
  return { memory, disk, damage, text }
}

test('setAside moves the file away, counts it, and tells file, offset and where it is now', () => {
  const { damage, text, memory } = rig('setAside')
  damage.found('/run/x.log', 5, 'its CRC is wrong')
  assert.equal(text('/run/x.log'), undefined)
  assert.equal(text('/state/set-aside/000001-x.log'), 'good and bad')
  assert.equal(damage.setAside, 1)
  assert.match(damage.alarms[0], /"\/run\/x\.log" at byte 5: its CRC is wrong; .*"\/state\/set-aside\/000001-x\.log"/)
  memory.makeDir('/run/x.log')
  damage.found('/run/x.log', 0, 'it is a directory')
  assert.ok(memory.dirs.has('/state/set-aside/000002-x.log'))
})

test('of a file that is whole up to some byte only the rest is set aside', () => {
  const { damage, text } = rig('setAside')
  damage.found('/run/x.log', 5, 'its CRC is wrong', 5)
  assert.equal(text('/run/x.log'), 'good ')
  assert.equal(text('/state/set-aside/000001-x.log'), 'and bad')
})

test('refuse names file, offset and remedy, and touches nothing', () => {
  const { damage, disk } = rig('refuse')
  assert.throws(
    () => damage.found('/run/x.log', 5, 'its CRC is wrong', 5),
    (error) =>
      error instanceof StateError &&
      error.path === '/run/x.log' &&
      error.offset === 5 &&
      /its CRC is wrong; move the file away, or write onDamage: setAside/.test(error.message),
  )
  assert.deepEqual(
    disk.asked.filter(({ what }) => WRITES.includes(what)),
    [],
  )
})

test('from another file system a file is copied, and a directory or a file of others only gets another name', () => {
  const { damage, disk, memory, text } = rig('setAside')
  disk.fail({ on: ['rename'], code: 'EXDEV', path: /x\.log$/, times: 1 })
  damage.found('/run/x.log', 0, 'bad')
  assert.equal(text('/state/set-aside/000001-x.log'), 'good and bad')
  assert.equal(text('/run/x.log'), undefined)
  memory.makeDir('/run/x.log')
  disk.mend()
  disk.fail({ on: ['rename'], code: 'EXDEV', times: 1 })
  damage.found('/run/x.log', 0, 'a directory')
  assert.ok(memory.dirs.has('/run/x.log.set-aside'))
  memory.files.set('/run/y.log', Buffer.from('not ours'))
  disk.mend()
  disk.fail({ on: ['rename'], code: 'EXDEV', times: 1 })
  disk.fail({ on: ['open'], code: 'EACCES' })
  damage.found('/run/y.log', 0, 'not readable')
  assert.equal(text('/run/y.log.set-aside'), 'not ours')
})

test('what can not be set aside stays as it was, and weir says so instead of going on', () => {
  for (const on of ['rename', 'makeDir', 'create', 'append'] as const) {
    const { damage, disk, memory, text } = rig('setAside')
    disk.fail({ on: ['rename'], code: on === 'rename' ? 'EROFS' : 'EXDEV' })
    if (on !== 'rename') disk.fail({ on: [on], code: 'ENOSPC' })
    assert.throws(
      () => damage.found('/run/x.log', 3, 'bad'),
      /"\/run\/x\.log" at byte 3: bad; nor set it aside: .*; move/,
    )
    assert.equal(text('/run/x.log'), 'good and bad')
    assert.deepEqual([...memory.files.keys()], ['/run/x.log'])
    assert.equal(damage.setAside, 0)
  }
})

test('what is set aside is bounded: the oldest goes, counted; the newest stays whatever its size', () => {
  const { damage, memory } = rig('setAside')
  for (const [name, mib] of Object.entries({ a: 40, b: 40, c: 70 })) {
    memory.files.set(`/run/${name}`, Buffer.alloc(mib * 2 ** 20))
    damage.found(`/run/${name}`, 0, 'bad')
  }
  assert.deepEqual([...memory.files.keys()].sort(), ['/run/x.log', '/state/set-aside/000003-c'])
  assert.equal(damage.setAside, 3)
  assert.equal(damage.removed, 2)
})
