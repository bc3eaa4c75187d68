import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { components } from '../src/components.js'
import { processEnvironment } from '../src/config/environment.js'
import { parseConfig } from '../src/config/parse.js'
import { parseYaml } from '../src/config/yaml.js'
import { DEFAULT_SIZES, engineMemory } from '../src/engine/engine-memory.js'
import { newFrameLedger, newPointLedger, newSampleLedger } from '../src/model/ledger.js'
import { metrics } from '../src/observe/metric-table.js'
import { exampleStatus } from './support/status.js'
import { weir } from './support/weir.js'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const listed = (folder: string) => readdirSync(join(root, folder))

const pages = [...listed('.'), ...listed('docs').map((name) => `docs/${name}`), 'assembly/README.md'].filter((name) =>
  name.endsWith('.md'),
)
const architecture = read('ARCHITECTURE.md')

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block]) => block)
}

/** The plan of a configuration as `weir check --offline` reads it. */
function check(text: string) {
  const { value, problems } = parseYaml(text, 'weir.yaml')
  assert.deepEqual(problems, [])
  return parseConfig(value, components, processEnvironment({ offline: true }))
}

for (const page of pages) {
  const text = read(page)

  const wholes = blocks(text, 'yaml').filter((block) => /^sources:/m.test(block))
  if (wholes.length > 0)
    test(`the configurations of ${page} are good ones`, () => {
      for (const whole of wholes) assert.ok(check(whole).sources.length > 0)
    })

  const parts = blocks(text, 'yaml').filter((block) => !wholes.includes(block))
  if (parts.length > 0)
    test(`the parts of configurations of ${page} fit a whole one`, () => {
      const [whole] = wholes
      for (const part of parts)
        check(
          whole.replace(/^sinks:\n(?: .*\n)*/m, /^sinks:/m.test(part) ? part : assert.fail(`part of what?\n${part}`)),
        )
    })

  test(`the links of ${page} lead somewhere`, () => {
    for (const [, path, anchor] of text.matchAll(/\]\((?!\w+:)([^)#\s]*)#?([^)\s]*)\)/g)) {
      const target = path === '' ? page : join(dirname(page), path)
      assert.ok(existsSync(join(root, target)), target)
      if (anchor) assert.ok(anchors(read(target)).includes(anchor), `${target}#${anchor}`)
    }
  })

  test(`the commands of ${page} are there`, async (t) => {
    const commands = [...blocks(text, 'sh'), ...[...text.matchAll(/`((?:npm|npx|node|weir) [^`]+)`/g)].map((m) => m[1])]
    const words = commands
      .flatMap((block) => block.split('\n'))
      .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    const { scripts } = JSON.parse(read('package.json'))
    for (const [program, ...rest] of words) {
      if (program === 'npm' && rest[0] === 'run') assert.ok(rest[1] in scripts, rest[1])
      else if (program === 'npm') assert.ok(['test', 'ci', 'pack', 'link'].includes(rest[0]), rest[0])
      else if (program === 'node' && /^build\//.test(rest.at(-1)!))
        assert.ok(existsSync(join(root, rest.at(-1)!)), rest.at(-1))
      else if (program === 'weir') {
        const command = rest[0].startsWith('-') ? [] : rest.slice(0, rest[0] === 'service' ? 2 : 1)
        const { stdout } = await help(t, command)
        assert.ok(stdout.startsWith(`Usage: ${['weir', ...command].join(' ')} `), `weir ${rest.join(' ')}`)
        for (const option of rest.join(' ').match(/--[a-z-]+/g) ?? [])
          assert.ok(stdout.includes(option), `weir ${rest[0]} ${option}`)
      }
    }
  })
}

const helps = new Map<string, ReturnType<typeof weir>>()
function help(t: Parameters<typeof weir>[0], command: string[]): ReturnType<typeof weir> {
  const key = command.join(' ')
  const known = helps.get(key) ?? weir(t, [...command, '--help'])
  helps.set(key, known)
  return known
}

/** Anchors of a page's headings, as GitHub makes them. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

test('files and folders named in ARCHITECTURE.md are there', () => {
  const later = /^src\/(journal|spool)\/$/
  const named = [...architecture.matchAll(/(?<![\w./-])(?:src|assembly|test|docs|firmware-bridge|\.ci)\/[\w./-]*/g)]
  assert.ok(named.length > 80)
  for (const [match] of named) {
    const path = match.replace(/\.$/, '')
    assert.ok(existsSync(join(root, path)) || later.test(path), path)
  }
})

test('ARCHITECTURE.md has a paragraph for each room', () => {
  const rooms = listed('src').filter((name) => !name.includes('.'))
  for (const room of rooms) assert.ok(architecture.includes(`**src/${room}/**`), room)
})

test('ARCHITECTURE.md shows the floors that hold', () => {
  const house = read('test/house.test.ts')
  const held = /const floors = (\[.*?\n\])/s.exec(house)![1].match(/'[\w.]+'(, '[\w.]+')*/g)!
  const floors = held.map((floor) => floor.match(/[\w.]+/g)!.filter((name) => existsSync(join(root, 'src', name))))
  const rows = [...architecture.matchAll(/^\| \d+ \| (.*) \|$/gm)].map(([, cell]) => cell.match(/[\w.]+/g)!)
  assert.deepEqual(rows, floors)
})

test('ARCHITECTURE.md lists the regions of the memory, in their order', () => {
  const { regions } = engineMemory(check(blocks(read('README.md'), 'yaml')[0]), DEFAULT_SIZES)
  const map = /## The memory map\n(.*?)\n## /s.exec(architecture)![1]
  const rows = [...map.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) => cell.match(/\w+/g)!)
  assert.deepEqual(rows, Object.keys(regions))
})

test('docs/counters.md explains every counter, field and metric', () => {
  const text = read('docs/counters.md')
  const ledgers = { frames: newFrameLedger(), samples: newSampleLedger(), points: newPointLedger() }
  for (const [title, ledger] of Object.entries(ledgers)) {
    const section = new RegExp(`## \\w+ \\(\`\\w+\\[\\]\\.${title}\`\\)\\n(.*?)(?=\\n## )`, 's').exec(text)![1]
    const rows = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
    assert.deepEqual(rows, Object.keys(ledger), title)
    const equation = new RegExp(`^${title} +(.*)$`, 'm').exec(text)![1]
    assert.deepEqual(equation.split(/ *[=+] */), Object.keys(ledger), title)
  }
  for (const { name } of metrics) assert.ok(text.includes(`\`${name}`), name)
  const { sources, windows, sinks, ...whole } = exampleStatus()
  const { name: _1, type: _2, ...source } = sources[0]
  const { name: _3, ...window } = windows[0]
  const { name: _4, type: _5, ...sink } = sinks[0]
  for (const field of [whole, source, window, sink].flatMap((part) => leaves(part)))
    assert.ok(text.includes(`\`${field}`), field)
})

/** Paths of the fields; of ledgers only their own name, which stands in a title. */
function leaves(part: object, before = ''): string[] {
  return Object.entries(part).flatMap(([name, value]) => {
    if (['frames', 'samples', 'points'].includes(name)) return [`${name === 'points' ? 'sinks' : 'sources'}[].${name}`]
    const nested = value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 0
    return nested ? leaves(value, `${before}${name}.`) : [`${before}${name}`]
  })
}

test('docs/products.md holds the configurations that are tested with real payloads', () => {
  const shown = blocks(read('docs/products.md'), 'yaml')
  for (const product of listed('test/vectors/payloads'))
    assert.ok(shown.includes(read(`test/vectors/payloads/${product}/weir.yaml`)), product)
})
