import { PAGE_BYTES } from '../../assembly/layout.js'
import { lanesOf } from '../memory/window-memory.js'
import type { Components } from '../model/components.js'
import type { DerivedPlan, DeriveFunction, InputPlan, Plan, Selector, TimePlan, WindowPlan } from '../model/plan.js'
import { durationText } from '../model/schema.js'
import { binWidths } from './signal-check.js'

const GROUP_SERIES = 64

/** How payloads of one topic, port or file are read, and what is done to their samples. */
interface InputSummary {
  time: string
  decode: string
  tags: string[]
  /** What samples pass before windows see them, in order; absent where nothing. */
  conditions?: string[]
}

/** What a plan will do, as `weir check --json` prints it; no options of components and so no secrets. */
export interface PlanSummary {
  gateway: string
  batchUs: number
  workers: number
  stateDir: string
  http: string | null
  maxSeries: number
  maxMemoryBytes: number
  /** Worst case of all windows together. */
  windowBytes: number
  sources: { name: string; type: string; finite: boolean; inputs: InputSummary[] }[]
  derived: { field: string; is: string }[]
  windows: {
    name: string
    measurement: string
    takes: string[]
    kind: WindowPlan['kind']
    everyUs: number
    sizeUs: number
    latenessUs: number
    reduce: Record<string, string[]>
    to: string[]
    /** Worst case: this many panes open at once, with every series in each. */
    panes: number
    bytes: number
  }[]
  sinks: { name: string; type: string }[]
  warnings: string[]
}

/** Panes of a window that can be open at once; of one off the grid its lanes. */
export function windowPanes(window: WindowPlan, plan: Plan): number {
  if (window.kind === 'raw') return 0
  if (window.kind === 'session' || window.kind === 'count') return lanesOf(window, plan)
  const waitUs = Math.max(0, ...plan.sources.map((source) => source.waitUs))
  return Math.ceil((window.latenessUs + waitUs + plan.batchUs) / window.everyUs) + 2
}

/** Worst-case bytes of a window: all of `maxSeries` in all panes that can be open at once, in whole pages. */
export function windowBytes(window: WindowPlan, plan: Plan, { kernels, states }: Components): number {
  const used = new Set(
    window.reduce.flatMap(({ reductions }) =>
      reductions.map((r) => kernels.find(({ name }) => name === r.kernel)?.state),
    ),
  )
  const slotBytes = states.filter(({ name }) => used.has(name)).map((state) => state.slotBytes)
  // A group is 64 series of one source, so that each source may leave one half filled.
  const groups = Math.ceil(plan.maxSeries / GROUP_SERIES) + plan.sources.length - 1
  const slotPages = slotBytes.reduce((sum, bytes) => sum + Math.ceil((GROUP_SERIES * bytes) / PAGE_BYTES), 0)
  const pages = 1 + Math.ceil(groups / GROUP_SERIES) + groups * slotPages
  return windowPanes(window, plan) * pages * PAGE_BYTES
}

/** What would run, as plain JSON. */
export function summarizePlan(plan: Plan, components: Components): PlanSummary {
  const windows = plan.windows.map((window) => ({
    name: window.name,
    measurement: window.measurement,
    takes: window.of.map(selectorText),
    kind: window.kind,
    everyUs: window.everyUs,
    sizeUs: window.sizeUs,
    latenessUs: window.latenessUs,
    reduce: Object.fromEntries(window.reduce.map(({ field, reductions }) => [field, reductions.map((r) => r.suffix)])),
    to: window.to,
    panes: windowPanes(window, plan),
    bytes: windowBytes(window, plan, components),
  }))
  const total = windows.reduce((sum, { bytes }) => sum + bytes, 0)
  const warnings =
    total > plan.maxMemoryBytes
      ? [
          `the windows may need ${bytesText(total)} at worst, more than maxMemory (${bytesText(plan.maxMemoryBytes)}); samples that find no room would be rejected and counted; lower maxSeries or lateness, or raise maxMemory`,
        ]
      : []
  return {
    gateway: plan.gateway,
    batchUs: plan.batchUs,
    workers: plan.workers,
    stateDir: plan.stateDir,
    http: plan.http
      ? `${plan.http.host.includes(':') ? `[${plan.http.host}]` : plan.http.host}:${plan.http.port}`
      : null,
    maxSeries: plan.maxSeries,
    maxMemoryBytes: plan.maxMemoryBytes,
    windowBytes: total,
    sources: plan.sources
      .filter(({ derives }) => !derives)
      .map(({ name, type, finite, inputs }) => ({ name, type, finite, inputs: inputs.map(inputSummary) })),
    derived: plan.sources
      .flatMap(({ derives }) => derives?.series ?? [])
      .map((series) => ({ field: series.field, is: derivedText(series) })),
    windows,
    sinks: plan.sinks.map(({ name, type }) => ({ name, type })),
    warnings,
  }
}

function bins(plan: Plan, name: string, components: Components): string[] {
  const window = plan.windows.find((one) => one.name === name)
  const widths = window ? binWidths(window, plan.sources, components) : []
  return widths.length
    ? [`    bins of spectra are ${widths.map((hz) => `${Number(hz.toPrecision(4))} Hz`).join(' and ')} wide`]
    : []
}

function shapeText({ kind, everyUs, sizeUs, rows, zone, offsetUs }: WindowPlan): string {
  const grid = `every ${durationText(everyUs)}${offsetUs ? ` from ${durationText(offsetUs)} on` : ''}${zone ? ` by the clocks of ${zone}` : ''}`
  if (kind === 'hopping') return `${durationText(sizeUs)} long, ${grid}`
  if (kind === 'session') return `sessions, over after ${durationText(sizeUs)} of silence`
  if (kind === 'count') return `${rows} samples each`
  return kind === 'raw' ? 'samples as they are' : grid
}

/** What would run, for people. */
export function describePlan(plan: Plan, components: Components): string {
  const summary = summarizePlan(plan, components)
  const shapes = new Map(plan.windows.map((window) => [window.name, shapeText(window)]))
  const lines = [
    `gateway ${summary.gateway}: batch ${durationText(summary.batchUs)}, workers ${summary.workers}, http ${summary.http ?? 'off'}, state in ${summary.stateDir}`,
    'sources',
    ...summary.sources.flatMap(({ name, type, finite, inputs }) => [
      `  ${name} (${type}${finite ? ', finite' : ''})`,
      ...inputs.map(
        ({ time, decode, tags, conditions = [] }) =>
          `    ${decode}, time ${time}${tags.length ? `, tags ${tags.join(', ')}` : ''}${conditions.map((text) => `; ${text}`).join('')}`,
      ),
    ]),
    ...(summary.derived.length > 0 ? ['derived'] : []),
    ...summary.derived.map(({ field, is }) => `  ${field}: ${is}`),
    'windows',
    ...summary.windows.flatMap((window) => [
      `  ${window.name}${window.measurement === window.name ? '' : ` → ${window.measurement}`}: ${shapes.get(window.name)}, lateness ${durationText(window.latenessUs)}, takes ${window.takes.join(' and ')}`,
      ...Object.entries(window.reduce).map(([field, names]) => `    ${field}: ${names.join(', ')}`),
      ...bins(plan, window.name, components),
      `    to ${window.to.join(', ') || 'the program'}; at worst ${bytesText(window.bytes)} (${window.panes} panes of ${summary.maxSeries} series)`,
    ]),
    'sinks',
    ...summary.sinks.map(({ name, type }) => `  ${name} (${type})`),
    `memory of the windows: at worst ${bytesText(summary.windowBytes)}, at most ${bytesText(summary.maxMemoryBytes)}`,
    ...summary.warnings.map((warning) => `warning: ${warning}`),
  ]
  return `${lines.join('\n')}\n`
}

function inputSummary({ time, decode, payloadTags, constantTags, conditions, sequence }: InputPlan): InputSummary {
  const tags = [
    ...Object.entries(constantTags).map(([name, value]) => `${name}=${value}`),
    ...Object.entries(payloadTags).map(([name, path]) => `${name}={.${path}}`),
  ]
  const passed = [
    ...(sequence ? [`numbered by ${sequence.path}`] : []),
    ...(['calibrate', 'valid', 'deadband'] as const).flatMap((key) => {
      const fields = conditions?.[key].map(({ field }) => field) ?? []
      return fields.length ? [`${key} ${fields.join(', ')}`] : []
    }),
  ]
  return { time: timeText(time), decode: decode.type, tags, ...(passed.length > 0 && { conditions: passed }) }
}

const SIGNS: Record<DeriveFunction, string> = { sum: '+', difference: '-', product: '×', ratio: '÷' }

function derivedText({ function: name, inputs, by, holdUs, unit }: DerivedPlan): string {
  const [a, b] = inputs.map(({ source, field, tags }) => {
    const of = Object.entries(tags ?? {}).map(([tag, value]) => `${tag}=${value}`)
    return [`${source} ${field}`, ...of].join(', ')
  })
  return `(${a}) ${SIGNS[name]} (${b})${by ? `, by ${by.join(', ') || 'no tag'}` : ''}, values held ${durationText(holdUs)}${unit === undefined ? '' : `, in ${unit}`}`
}

function timeText(time: TimePlan): string {
  if (time.kind === 'arrival') return 'of arrival'
  if (time.kind === 'clock')
    return `by counting samples of about ${time.rateHz} Hz${time.counterPath === undefined ? '' : `, numbered by ${time.counterPath}`}`
  if (time.kind === 'source') return "by the device's sample clock"
  const { path, unit, zone, rateHz, missing } = time
  return `from ${path} (${unit}${zone ? `, ${zone}` : ''}${rateHz ? `, ${rateHz} Hz` : ''}${missing === 'arrival' ? ', else of arrival' : ''})`
}

function selectorText({ source, field, tags }: Selector): string {
  const parts = [
    ...(source === undefined ? [] : [`source ${source}`]),
    ...(field === undefined ? [] : [`field ${field}`]),
    ...Object.entries(tags ?? {}).map(([name, value]) => `${name}=${value}`),
  ]
  return parts.join(', ') || 'everything'
}

function bytesText(bytes: number): string {
  return bytes >= 1 << 20 ? `${(bytes / (1 << 20)).toFixed(1)} MiB` : `${Math.ceil(bytes / 1024)} KiB`
}
