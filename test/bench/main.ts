import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { basename } from 'node:path'
import type { Recorded } from '../support/chart.js'

/** What a benchmark answers: rows of one table. A file of this folder exports `run(words): Promise<Bench>`. */
export interface Bench {
  title: string
  rows: Record<string, string | number>[]
  /** What a reader must know to judge the numbers. */
  notes: string[]
  /** Keeps the result as docs/NAME.json and its chart as docs/NAME.svg. */
  chart?: (recorded: Recorded) => string
}

const [name = '', ...options] = process.argv.slice(2)
const here = new URL('./', import.meta.url)
if (name === 'main' || !/^[a-z-]+$/.test(name) || !existsSync(new URL(`${name}.js`, here))) {
  const known = readdirSync(here).flatMap((file) =>
    file.endsWith('.js') && file !== 'main.js' ? [basename(file, '.js')] : [],
  )
  console.error(`cannot run benchmark \`${name}\`: unknown; known ones are ${known.join(', ')}`)
  process.exit(64)
}

/** The command as anybody could give it. */
const command = [name, ...(options.length ? ['--', ...options] : [])]
  .map((word, i, all) => (all[i - 1] === '--prototype' ? 'DIR' : word))
  .join(' ')
const { run } = (await import(new URL(`${name}.js`, here).href)) as {
  run(words: readonly string[]): Promise<Bench>
}
// As it is when it begins: somebody may commit meanwhile.
const measuredCommit = commit()
const { chart, ...bench } = await run(options)
const machine = cpus()
const record = {
  bench: name,
  command: `npm run bench ${command}`,
  machine: `${machine.length} x ${machine[0]?.model.trim()}, ${process.arch}`,
  node: process.version,
  commit: measuredCommit,
  date: new Date().toISOString(),
  load: loadavg()[1]?.toFixed(1) ?? '',
  ...bench,
}
if (chart) {
  const docs = new URL('../../../docs/', import.meta.url)
  writeFileSync(new URL(`${name}.json`, docs), `${JSON.stringify(record, null, 2)}\n`)
  writeFileSync(new URL(`${name}.svg`, docs), chart(record))
}
if (options.includes('--json')) console.log(JSON.stringify(record, null, 2))
else {
  console.log(`${record.title}\n${record.machine}; Node ${record.node}; commit ${record.commit}; ${record.date}`)
  console.log(`${record.command}\n`)
  console.log(table(record.rows))
  for (const note of record.notes) console.log(note)
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return 'unknown'
  }
}

/** Columns as wide as their longest cell; numbers to the right. */
function table(rows: Bench['rows']): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = [columns, ...rows.map((row) => columns.map((column) => shown(row[column])))]
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)))
  const numeric = columns.map((column) => rows.some((row) => typeof row[column] === 'number'))
  return cells
    .map((line) => line.map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
    .concat('\n')
}

function shown(value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? ''
  return Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(value < 10 ? 3 : 1)
}
