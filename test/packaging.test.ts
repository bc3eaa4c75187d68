import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const bin = (name: string) => join(root, 'node_modules/.bin', name)

interface Packed {
  filename: string
  files: { path: string; size: number }[]
}

let folder = ''
let packed: Packed

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-package-'))
  // The build is there already, since this test is part of it.
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
  })
  packed = JSON.parse(stdout)[0]
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }))
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  await run('npm', ['install', ...flags, `./${packed.filename}`], { cwd: folder })
})

after(() => rm(folder, { recursive: true, force: true }))

test('the package holds what runs, and nothing else', () => {
  const paths = packed.files.map(({ path }) => path)
  const needed = [
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'build/src/main.js',
    'build/src/index.d.ts',
    'src/demo/weir.yaml',
    'src/service/weir.service',
  ]
  for (const path of needed) assert.ok(paths.includes(path), path)
  for (const module of ['decode', 'tap', 'kernels', 'kernels-unshared'])
    assert.ok(paths.includes(`build/wasm/${module}.wasm`))
  assert.deepEqual(
    paths.filter((path) => /\.map$|\.wat$|\.test\.|^build\/test|^test|^assembly/.test(path)),
    [],
  )
})

test('npx weir --version works from an empty folder', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const { stdout } = await run('npx', ['--no-install', 'weir', '--version'], { cwd: folder })
  assert.equal(stdout.trim(), version)
})

test('a program that imports weir type-checks and runs', async () => {
  await writeFile(
    join(folder, 'use.ts'),
    `import { csv, file, StreamingContext } from 'weir'

const ssc = new StreamingContext({ gateway: 'package' })
const rows = ssc.stream(file({ path: 'rows.csv', time: { path: 't', unit: 's' }, decode: csv({ header: true }) }))
const means: number[] = []
rows.window('10s').reduce('mean').foreach(({ fields }) => means.push(fields.temp_mean))
await ssc.start()
await ssc.awaitTermination()
console.log(JSON.stringify(means))
`,
  )
  await writeFile(join(folder, 'rows.csv'), 't,temp\n1,20\n2,22\n11,30\n')
  const options = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--skipLibCheck', '--types', '', 'use.ts']
  await run(bin('tsc'), options, { cwd: folder }).catch((error) => assert.fail(error.stdout))
  const { stdout } = await run(process.execPath, ['use.js'], { cwd: folder })
  assert.deepEqual(JSON.parse(stdout.trim().split('\n').at(-1)!), [21, 30])
})

test('publint finds nothing', async () => {
  const installed = join(folder, 'node_modules/weir')
  await run(bin('publint'), ['run', installed, '--strict', '--pack', 'false']).catch((error) =>
    assert.fail(error.stdout),
  )
})
