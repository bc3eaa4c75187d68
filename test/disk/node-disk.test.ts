import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { NodeDisk } from '../../src/disk/node-disk.js'
import { DiskError } from '../../src/model/errors.js'

const root = mkdtempSync(join(tmpdir(), 'weir-disk-'))
after(() => rmSync(root, { recursive: true }))
const disk = new NodeDisk()
const bytes = (text: string) => Buffer.from(text)
const fails = (reason: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof DiskError)
  assert.equal(error.reason, reason)
  assert.match(error.message, words)
  return true
}

test('pieces are appended as one, read back from anywhere, overwritten and cut', async () => {
  const path = join(root, 'file')
  const file = disk.open(path, 'new')
  file.append([bytes('one '), bytes(''), bytes('two')])
  file.append([])
  assert.equal(file.sizeBytes, 7)
  file.writeAt(bytes('TWO!'), 4)
  assert.equal(file.sizeBytes, 8)
  const into = Buffer.alloc(20)
  assert.equal(into.toString('utf8', 0, file.read(into, 2)), 'e TWO!')
  assert.equal(file.read(into, 100), 0)
  file.truncate(3)
  file.append([bytes('s')])
  const synced = file.sync()
  file.close()
  file.close()
  await synced
  assert.equal(readFileSync(path, 'utf8'), 'ones')
  assert.equal(statSync(path).mode & 0o7, 0, 'nobody else reads it')
  const again = disk.open(path, 'update')
  assert.equal(again.sizeBytes, 4)
  again.append([bytes('!')])
  again.close()
  assert.equal(readFileSync(path, 'utf8'), 'ones!')
})

test('more pieces than one call of the system takes are appended too', () => {
  const file = disk.open(join(root, 'pieces'), 'new')
  file.append(Array.from({ length: 5000 }, (_, i) => bytes(`${i},`)))
  file.close()
  assert.equal(readFileSync(join(root, 'pieces'), 'utf8').split(',')[4999], '4999')
})

test('a directory is made with those above it, listed by name, and empty where there is none', async () => {
  const dir = join(root, 'a/b/c')
  disk.makeDir(dir)
  disk.makeDir(dir)
  await disk.syncDir(dir)
  assert.equal(statSync(dir).mode & 0o7, 0)
  writeFileSync(join(dir, 'z'), 'zz')
  mkdirSync(join(dir, 'y'))
  assert.deepEqual(disk.list(dir), [
    { name: 'y', kind: 'directory', sizeBytes: 0 },
    { name: 'z', kind: 'file', sizeBytes: 2 },
  ])
  disk.rename(join(dir, 'z'), join(dir, 'x'))
  disk.remove(join(dir, 'x'))
  disk.remove(join(dir, 'x'))
  assert.deepEqual(
    disk.list(dir).map(({ name }) => name),
    ['y'],
  )
  assert.deepEqual(disk.list(join(root, 'nowhere')), [])
  assert.ok(disk.space(join(root, 'nowhere')).freeBytes > 0)
})

test('what the system refuses is told with its code, the path and what to do', async () => {
  const dir = join(root, 'dir')
  const file = join(root, 'plain')
  mkdirSync(dir)
  writeFileSync(file, '')
  assert.throws(() => disk.open(join(root, 'none'), 'read'), fails('ENOENT', /cannot open file ".*none": there is no/))
  assert.throws(() => disk.open(join(root, 'none'), 'update'), fails('ENOENT', /none/))
  assert.throws(() => disk.open(file, 'new'), fails('EEXIST', /plain": .*move it away/))
  assert.throws(() => disk.open(dir, 'read'), fails('EISDIR', /dir": it is no file .*; move it away/))
  assert.throws(() => disk.open(dir, 'update'), fails('EISDIR', /move it away/))
  assert.throws(() => disk.remove(dir), fails('EISDIR', /cannot remove/))
  assert.throws(() => disk.makeDir(file), fails('EEXIST', /cannot make directory ".*plain"/))
  assert.throws(() => disk.makeDir(join(file, 'in')), fails('ENOTDIR', /cannot make directory/))
  assert.throws(() => disk.list(file), fails('ENOTDIR', /cannot read directory/))
  await assert.rejects(disk.syncDir(join(root, 'none')), fails('ENOENT', /cannot sync directory/))
})

test('a pipe in the place of a file is not waited for', () => {
  const pipe = join(root, 'pipe')
  execFileSync('mkfifo', [pipe])
  assert.throws(() => disk.open(pipe, 'read'), fails('EISDIR', /it is no file/))
  assert.throws(() => disk.open(pipe, 'update'), fails('EISDIR', /it is no file/))
  assert.equal(disk.list(root).find(({ name }) => name === 'pipe')?.kind, 'other')
})

test('a disk that takes only a part has none of it: the file is as long as it was, and takes the next', (t) => {
  // The shell's bound on a file's length stands for a full disk: the write that crosses it is cut, the one behind it fails.
  const path = join(root, 'bounded')
  const script = `
    import { NodeDisk } from ${JSON.stringify(new URL('../../src/disk/node-disk.js', import.meta.url).href)}
    process.on('SIGXFSZ', () => {})
    const file = new NodeDisk().open(${JSON.stringify(path)}, 'new')
    file.append([Buffer.alloc(600, 'a')])
    try { file.append([Buffer.alloc(300, 'b'), Buffer.alloc(300, 'c')]) } catch (error) { console.log(error.reason, file.sizeBytes) }
    file.append([Buffer.alloc(400, 'd')])`
  const said = execFileSync('bash', [
    '-c',
    'ulimit -f 1; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    script,
  ])
  t.diagnostic(said.toString().trim())
  assert.equal(said.toString(), 'EFBIG 600\n')
  assert.equal(readFileSync(path, 'utf8'), 'a'.repeat(600) + 'd'.repeat(400))
})
