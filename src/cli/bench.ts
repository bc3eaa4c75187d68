import { cpus } from 'node:os'
import { alignedLines, countText } from '../observe/text-table.js'
import { type Chosen, choose } from '../reduce/bench/choose.js'
import { benchInterleaved, type StateBench } from '../reduce/bench/interleaved.js'
import { benchKernels, type KernelBench } from '../reduce/bench/kernels.js'
import { version } from '../version.js'
import { EXIT } from './exit-codes.js'
import { progressLine } from './progress-line.js'

/** What was measured, where and when. */
export interface BenchReport {
  version: string
  node: string
  machine: string
  date: string
  /** Runs of one series. */
  kernels: KernelBench[]
  /** Rows of many series. */
  interleaved: StateBench[]
}

/** `weir bench`: how fast the kernels are on this machine, against plain JavaScript; of some families or reductions, or all. */
export function bench(words: readonly string[], { json }: { json?: boolean }): number {
  const chosen = choose(words)
  if ('problem' in chosen) {
    process.stderr.write(`weir: ${chosen.problem}\n`)
    return EXIT.usage
  }
  const report = measured(chosen)
  process.stdout.write(json ? `${JSON.stringify(report, numbers, 2)}\n` : benchText(report))
  return EXIT.ok
}

function measured(chosen: readonly Chosen[]): BenchReport {
  const states = [...new Set(chosen.map(({ kernel }) => kernel.state))].filter((state) => state !== 'rows')
  const progress = progressLine(process.stderr)
  const total = chosen.length + states.length
  let done = 0
  const step = (name: string) => {
    done++
    progress.show(() => `measured ${done} of ${total}: ${name}`)
  }
  try {
    return {
      version,
      node: process.version,
      machine: `${cpus().length} × ${cpus()[0]?.model.trim() || process.arch}`,
      date: new Date().toISOString(),
      kernels: benchKernels(chosen, ({ reduction }) => step(reduction)),
      interleaved: benchInterleaved(states, ({ state }) => step(state)),
    }
  } finally {
    progress.end()
  }
}

/** Four digits are more than a measurement gives; what there is not is null. */
function numbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(4)) : value
}

/** The figures as tables for people. */
export function benchText({ version, node, machine, date, kernels, interleaved }: BenchReport): string {
  const families = [...new Set(kernels.map(({ family }) => family))]
  const cells = (wasmNs: number, jsNs: number, ratio: number, mark = '') => [
    figure(wasmNs),
    Number.isNaN(jsNs) ? '' : `${figure(jsNs)}${mark}`,
    Number.isNaN(jsNs) ? '' : `${figure(ratio)} ×`,
  ]
  const head = (counts: readonly number[], what: string) =>
    counts.flatMap((count) => [`${countText(count)} ${what}`, 'js', 'faster'])
  const ofKernel = ({ reduction, against, sizes }: KernelBench) => [
    `  ${reduction}`,
    ...sizes.flatMap(({ wasmNs, jsNs, ratio }) => cells(wasmNs, jsNs, ratio, against === 'plain' ? '' : '*')),
  ]
  const runs = families.flatMap((family) => [[family], ...kernels.filter((k) => k.family === family).map(ofKernel)])
  const rows = interleaved.map(({ state, counts }) => [
    `  ${state}`,
    ...counts.flatMap(({ wasmNs, jsNs, ratio }) => cells(wasmNs, jsNs, ratio)),
  ])
  return [
    `weir ${version} on ${machine}, Node ${node}, ${date}`,
    'Nanoseconds a row on one thread, WebAssembly beside JavaScript as one would write it, without error compensation.',
    ...(kernels.some(({ against }) => against === 'reference')
      ? ['* beside the reference of the kernel, which is JavaScript for clearness']
      : []),
    '',
    'Runs of one series, each reduction alone (those of one state share its work; over rows: without sorting them in)',
    ...alignedLines([['', ...head(kernels[0]?.sizes.map(({ rows }) => rows) ?? [], 'rows')], ...runs]),
    ...(rows.length
      ? [
          '',
          'Rows of many series in random order, by the state that reductions share',
          ...alignedLines([
            [
              '',
              ...head(
                interleaved[0]!.counts.map(({ series }) => series),
                'series',
              ),
            ],
            ...rows,
          ]),
          '',
          ...interleaved.map(({ state, reductions }) => `  ${state}: ${reductions.join(', ')}`),
        ]
      : []),
    '',
  ].join('\n')
}

const figure = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
