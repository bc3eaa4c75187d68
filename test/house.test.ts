import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')

/** Floors from the ground up. A room imports itself, and rooms of floors below. */
const floors = [
  ['model', 'version.ts'],
  ['memory', 'disk'],
  ['config', 'framing', 'codecs', 'clocks', 'formats', 'reduce', 'window', 'checkpoint', 'spool', 'pool', 'observe'],
  ['engine', 'sources', 'sinks', 'http'],
  ['gateway.ts', 'components.ts'],
  ['stream', 'dashboard', 'service', 'demo', 'tail', 'recording'],
  ['capacity'],
  ['cli'],
  ['index.ts', 'main.ts'],
]

/** Imports across the floors that are meant, with their reason. */
const exceptions: Record<string, string> = {}

const topLevel = new Set([
  ...['assembly', 'src', 'firmware-bridge', 'test', 'docs', '.ci'],
  ...['asconfig.json', 'package.json', 'package-lock.json', 'tsconfig.json', 'biome.json', '.npmrc', '.gitignore'],
  ...['README.md', 'ARCHITECTURE.md', 'CONFIG.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE'],
])

const made = new Set(['node_modules', 'build', '.git', 'weir-demo', 'weir-state'])

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

function room(file: string): string {
  return relative('src', file).split('/')[0]
}

function floorOf(name: string): number {
  return floors.findIndex((rooms) => rooms.includes(name))
}

/** Files under src/ that `file` imports, as paths from the root; types and lazy imports too. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map((match) => match[1])
  return specifiers
    .map((specifier) => relative(root, resolve(root, dirname(file), specifier.replace(/\.js$/, '.ts'))))
    .filter((path) => path.startsWith('src/'))
}

test('every room of src/ has a floor', () => {
  const rooms = new Set(sourceFiles('src').map(room))
  assert.deepEqual(
    [...rooms].filter((name) => floorOf(name) < 0),
    [],
    'new rooms are to be put on a floor in this test',
  )
})

test('a room imports itself and floors below', () => {
  const wrong = new Set<string>()
  for (const file of sourceFiles('src'))
    for (const path of importsOf(file)) {
      const [from, to] = [room(file), room(path)]
      const step = `${from} -> ${to}`
      if (from !== to && floorOf(to) >= floorOf(from) && !(step in exceptions)) wrong.add(`${step} (${file})`)
    }
  assert.deepEqual([...wrong], [])
})

test('every exception is still used', () => {
  const steps = new Set(
    sourceFiles('src').flatMap((file) => importsOf(file).map((path) => `${room(file)} -> ${room(path)}`)),
  )
  const unused = Object.keys(exceptions).filter(
    (step) => existsSync(join(root, 'src', step.split(' ')[0])) && !steps.has(step),
  )
  assert.deepEqual(unused, [])
})

test('imports name files that are there', () => {
  const missing = sourceFiles('src').flatMap((file) =>
    importsOf(file)
      .filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, path.replace(/\.ts$/, '.d.ts'))))
      .map((path) => `${file}: ${path}`),
  )
  assert.deepEqual(missing, [])
})

test('file names are kebab-case and name a concept', () => {
  const files = [...sourceFiles('src'), ...sourceFiles('test'), ...sourceFiles('assembly')]
  const wrong = files.filter((file) =>
    file
      .split('/')
      .slice(1)
      .some(
        (part) =>
          !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?(\.ts)?$/.test(part) ||
          /^(utils?|helpers?|common|types|misc)(\.|$)/.test(part),
      ),
  )
  assert.deepEqual(wrong, [])
})

test('the top level is the fixed list', () => {
  assert.deepEqual(
    readdirSync(root).filter((name) => !topLevel.has(name) && !made.has(name) && !name.endsWith('.tgz')),
    [],
  )
})

test('the lock file holds no hosts', () => {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8')
  assert.deepEqual(
    [...text.matchAll(/"resolved": *"[^"]*"/g)].map((match) => match[0]),
    [],
  )
  const lock = JSON.parse(text) as { packages: Record<string, Record<string, unknown>> }
  // Home pages of funding are in the packages' own words; nothing is fetched from there.
  for (const entry of Object.values(lock.packages)) delete entry.funding
  assert.equal(/[a-z]+:\/\/[^"]+/.exec(JSON.stringify(lock)), null)
})

test('dependencies are pinned', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const loose = Object.entries<string>({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
  )
  assert.deepEqual(loose, [])
})
