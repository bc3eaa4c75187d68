import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bootId, startOf } from '../../src/disk/boot-id.js'
import { lockDirectory } from '../../src/disk/lock.js'
import { NodeDisk } from '../../src/disk/node-disk.js'
import { DiskError, StateError } from '../../src/model/errors.js'
import { FaultyDisk } from '../support/faulty-disk.js'
import { MemoryDisk } from '../support/memory-disk.js'

const root = mkdtempSync(join(tmpdir(), 'weir-lock-'))
after(() => rmSync(root, { recursive: true }))

const inUse = (error: unknown) =>
  error instanceof StateError && /uses it; stop that one, or give this one another stateDir/.test(error.message)

/** A lock as another process left it. */
function leave(dir: string, holder: object | string): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDir(dir)
  disk.files.set(join(dir, 'lock'), Buffer.from(typeof holder === 'string' ? holder : JSON.stringify(holder)))
  return disk
}

test('a directory is taken once, in one process too, and can be taken again when it was given back', () => {
  const dir = join(root, 'state')
  const lock = lockDirectory(new NodeDisk(), dir)
  assert.throws(() => lockDirectory(new NodeDisk(), dir), inUse)
  assert.equal(JSON.parse(readFileSync(join(dir, 'lock'), 'utf8')).pid, process.pid)
  lock.release()
  lockDirectory(new NodeDisk(), dir).release()
})

test('another process that lives keeps its directory', () => {
  const parent = { pid: process.ppid, start: startOf(process.ppid), boot: bootId() }
  assert.throws(() => lockDirectory(leave('/d', parent), '/d'), inUse)
})

test('a lock is stale once its process is gone, its number belongs to another, or the machine was started anew', () => {
  const alive = { pid: process.ppid, start: startOf(process.ppid), boot: bootId() }
  const self = { pid: process.pid, start: startOf(process.pid), boot: bootId() }
  const left = [
    { ...alive, pid: 2 ** 22 + 1 },
    { ...alive, start: '1' },
    { ...alive, boot: 'before' },
    self,
    '',
    '{"pi',
    '[]',
  ]
  for (const holder of left) {
    const disk = leave('/d', holder)
    lockDirectory(disk, '/d')
    assert.equal(JSON.parse(String(disk.files.get('/d/lock'))).pid, process.pid)
    assert.deepEqual([...disk.files.keys()], ['/d/lock'])
  }
})

test('who finds a stale lock does not take away the one that another process has made meanwhile', () => {
  const disk = leave('/d', 'stale')
  const other = JSON.stringify({ pid: process.ppid, start: startOf(process.ppid), boot: bootId() })
  disk.before = (what) => {
    if (what !== 'rename') return
    disk.before = () => {}
    disk.files.set('/d/lock', Buffer.from(other))
  }
  assert.throws(() => lockDirectory(disk, '/d'), inUse)
  assert.equal(String(disk.files.get('/d/lock')), other)
})

test('a lock that is taken away before it tells whose it is is seen to be gone', () => {
  const disk = new MemoryDisk()
  const other = JSON.stringify({ pid: process.ppid, start: startOf(process.ppid), boot: bootId() })
  const { set } = disk.files
  // The first is the making of the file, the second the text in it.
  let left = 2
  disk.files.set = (path, bytes) => {
    set.call(disk.files, path, bytes)
    return --left === 0 ? set.call(disk.files, '/d/lock', Buffer.from(other)) : disk.files
  }
  assert.throws(() => lockDirectory(disk, '/d'), inUse)
  assert.equal(String(disk.files.get('/d/lock')), other)
})

test("another user's directory, or one in the lock's place, is an error that names it and the remedy", () => {
  const foreign = new FaultyDisk(leave('/d', '{}'))
  foreign.fail({ on: ['create', 'open', 'rename'], code: 'EACCES' })
  assert.throws(
    () => lockDirectory(foreign, '/d'),
    (error) => error instanceof DiskError && error.reason === 'EACCES',
  )
  const dir = join(root, 'odd')
  new NodeDisk().makeDir(join(dir, 'lock'))
  assert.throws(() => lockDirectory(new NodeDisk(), dir), /odd\/lock": it is no file .*; move it away/)
  const full = new FaultyDisk(new MemoryDisk())
  full.fail({ on: ['append'], code: 'ENOSPC' })
  assert.throws(() => lockDirectory(full, '/d'), /ENOSPC/)
  full.mend()
  lockDirectory(full, '/d')
})

test('a lock that can no longer be removed does not keep weir from ending', () => {
  const disk = new FaultyDisk(new MemoryDisk())
  const lock = lockDirectory(disk, '/d')
  disk.fail({ on: ['remove'], code: 'EROFS' })
  lock.release()
  disk.mend()
  lockDirectory(disk, '/d')
})
