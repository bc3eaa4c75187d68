import { cpus } from 'node:os'
import { type Carried, measureCarried } from '../capacity/carried.js'
import type { Trial, Trouble } from '../capacity/search.js'
import { alignedLines, countText } from '../observe/text-table.js'
import { version } from '../version.js'
import { EXIT } from './exit-codes.js'
import { progressLine } from './progress-line.js'

/** What was measured, where and when. */
export interface PipelineReport extends Carried {
  version: string
  node: string
  machine: string
  date: string
}

/** `weir bench pipeline [FILE…]`: how many messages a second this machine carries with a configuration. Rejects with a ConfigError. */
export async function benchPipeline(
  files: readonly string[],
  { json, seconds }: { json?: boolean; seconds: number },
): Promise<number> {
  const progress = progressLine(process.stderr)
  let report: PipelineReport
  try {
    progress.show(() => 'starting a broker, a publisher and weir')
    const carried = await measureCarried({
      files,
      seconds,
      onTrial: ({ rate }) => progress.show(() => `tried ${countText(rate)} messages a second`),
    })
    report = {
      version,
      node: process.version,
      machine: `${cpus().length} × ${cpus()[0]?.model.trim() || process.arch}`,
      date: new Date().toISOString(),
      ...carried,
    }
  } finally {
    progress.end()
  }
  process.stdout.write(json ? `${JSON.stringify(report, numbers, 2)}\n` : pipelineText(report))
  return report.best ? EXIT.ok : EXIT.failure
}

/** Four digits are more than a measurement gives. */
function numbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(4)) : value
}

/** The report for people; its last line is the answer. */
export function pipelineText(report: PipelineReport): string {
  const { machine, node, date, devices, qos, example, windows, trials, best, rssMb } = report
  const next = trials
    .filter(({ rate, trouble }) => trouble && rate > (best?.rate ?? 0))
    .sort((a, b) => a.rate - b.rate)[0]
  return [
    `weir ${report.version} on ${machine}, Node ${node}, ${date}`,
    `MQTT at QoS ${qos} from ${countText(devices)} devices through a broker of its own, into ${windows.length === 1 ? 'window' : 'windows'} ${windows.join(', ')} and a file`,
    `such as ${example}`,
    '',
    ...alignedLines(
      [
        ['messages a second', 'CPU µs a message', '% of a core', 'ms behind', ''],
        ...[...trials].sort((a, b) => a.rate - b.rate).map((trial) => cells(trial)),
      ],
      { left: [0, 4] },
    ),
    '',
    ...(best
      ? [
          `this machine carries ${countText(best.rate)} msg/s with this config: ${best.usEach.toFixed(1)} µs of CPU a message, ${percent(best)} % of a core, ${rssMb.toFixed(0)} MB${next?.trouble === 'broker' ? '; the broker beside it takes no more' : ''}`,
        ]
      : ['this machine carries nothing with this config']),
    '',
  ].join('\n')
}

const WORDS: Record<Trouble, (trial: Trial) => string> = {
  broker: ({ sentRate, rate }) =>
    sentRate < 0.95 * rate ? `the broker took ${countText(Math.round(sentRate))} a second` : 'the broker was busy',
  lost: ({ lost }) => `${countText(lost)} lost`,
  late: () => 'too late',
  busy: () => 'a core is busy',
}

function cells(trial: Trial): string[] {
  const { rate, usEach, behindMs, trouble } = trial
  return [countText(rate), usEach.toFixed(1), percent(trial), behindMs.toFixed(0), trouble ? WORDS[trouble](trial) : '']
}

const percent = ({ core }: Trial): string => (core * 100).toFixed(1)
