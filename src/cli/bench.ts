import { cpus } from 'node:os'
import { alignedLines, countText } from '../observe/text-table.js'
import { benchKernels, type KernelBench } from '../reduce/bench.js'
import { version } from '../version.js'
import { EXIT } from './exit-codes.js'

/** `weir bench`: how fast the kernels are on this machine, against plain JavaScript. */
export async function bench({ json }: { json?: boolean }): Promise<number> {
  const about = {
    version,
    node: process.version,
    machine: `${cpus().length} × ${cpus()[0]?.model.trim() || process.arch}`,
    date: new Date().toISOString(),
  }
  const rows = benchKernels(() => {
    if (process.stderr.isTTY) process.stderr.write('.')
  })
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  process.stdout.write(json ? `${JSON.stringify({ ...about, kernels: rows }, null, 2)}\n` : benchText(about, rows))
  return EXIT.ok
}

/** The figures as a table for people. */
export function benchText(about: Record<string, string>, rows: readonly KernelBench[]): string {
  const { version, node, machine, date } = about
  const lines = alignedLines([
    ['kernels', 'wasm ns/row', 'js ns/row', 'times as fast'],
    ...rows.map(({ name, wasmNs, jsNs, ratio }) => [name, wasmNs.toFixed(2), jsNs.toFixed(2), ratio.toFixed(1)]),
  ])
  return [
    `weir ${version} on ${machine}, Node ${node}, ${date}`,
    `runs of ${countText(rows[0]?.rows ?? 0)} rows on one thread; JavaScript over Float64Array, without error compensation`,
    '',
    ...lines,
    '',
  ].join('\n')
}
