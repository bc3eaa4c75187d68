import { MOST_SLOT_PAGES } from '../../assembly/layout.js'
import { paneUs } from '../memory/window-memory.js'
import type { Components } from '../model/components.js'
import type { Kernel } from '../model/kernel.js'
import type { ReductionPlan, WindowPlan } from '../model/plan.js'
import { durationText } from '../model/schema.js'
import type { Findings } from './findings.js'
import type { Path } from './path.js'

/** When a window's windows begin and end. */
export type Shape = Pick<WindowPlan, 'kind' | 'everyUs' | 'sizeUs' | 'rows' | 'offsetUs' | 'zone'>

interface Written {
  every?: number
  size?: number
  session?: number
  count?: number
  raw?: true
  offset?: number
  zone?: string
}

const DAY_US = 86_400e6
/** Panes that one hopping window may be added up from. */
const MOST_PANES = 1_000_000

/** The kind of a window from its keys; undefined, and noted, where they do not go together. */
export function readShape(read: Written, given: object, path: Path, findings: Findings): Shape | undefined {
  const { every, size, session, count, raw, offset = 0, zone } = read
  const wanted = ['every', 'session', 'count', 'raw'].filter(
    (key) => (given as Record<string, unknown>)[key] !== undefined,
  )
  if (wanted.length !== 1) {
    findings.add(
      [...path, 'every'],
      wanted.length === 0
        ? 'cannot tell the windows: got none of `every`, `session`, `count`, `raw`; write one of them, such as every: 10s'
        : `cannot use ${wanted.map((key) => `\`${key}\``).join(' and ')} together; keep one of them`,
    )
    return undefined
  }
  for (const key of ['size', 'offset', 'zone'] as const) {
    if (every === undefined && read[key] !== undefined && Object.hasOwn(given, key) && wanted[0] !== 'every')
      findings.add([...path, key], `cannot use \`${key}\` here: only windows with \`every\` lie on a grid; remove it`)
  }
  const off = { everyUs: 0, sizeUs: 0, rows: 0, offsetUs: 0 }
  if (session !== undefined) return { ...off, kind: 'session', sizeUs: session }
  if (count !== undefined) return { ...off, kind: 'count', rows: count }
  if (raw) return { ...off, kind: 'raw' }
  if (every === undefined) return undefined
  if (offset >= every)
    findings.add([...path, 'offset'], 'cannot move the windows by their length or more; allowed: less than `every`')
  const shape: Shape = { kind: 'tumbling', everyUs: every, sizeUs: every, rows: 0, offsetUs: offset }
  if (size !== undefined) return hopping(shape, size, zone, path, findings)
  if (Object.hasOwn(given, 'size')) return undefined
  if (zone === undefined) return shape
  if (every % DAY_US !== 0 && DAY_US % every !== 0)
    findings.add(
      [...path, 'every'],
      `cannot cut days of a zone into windows of ${durationText(every)}; allowed: whole days, or what divides a day`,
    )
  return { ...shape, zone }
}

function hopping(shape: Shape, size: number, zone: string | undefined, path: Path, findings: Findings): Shape {
  const { everyUs } = shape
  if (zone !== undefined)
    findings.add(
      [...path, 'zone'],
      'cannot use `zone` with `size`: days of a zone differ in length; remove one of them',
    )
  if (size < everyUs)
    findings.add(
      [...path, 'size'],
      `cannot leave gaps between windows: got size ${durationText(size)}, every ${durationText(everyUs)}; allowed: \`every\` or more`,
    )
  if (size === everyUs) return shape
  const lengthUs = paneUs({ everyUs, sizeUs: size })
  if (size / lengthUs > MOST_PANES)
    findings.add(
      [...path, 'size'],
      `cannot add a window of ${durationText(size)} up from ${size / lengthUs} panes of ${durationText(lengthUs)}; allowed: at most ${MOST_PANES}; choose a multiple of \`every\``,
    )
  return { ...shape, kind: 'hopping', sizeUs: size }
}

/** The lists with all kernels of the family quality behind that such windows can have. */
export function withQuality(
  lists: WindowPlan['reduce'],
  { kind }: Shape,
  { kernels }: Components,
): WindowPlan['reduce'] {
  const quality = kernels.filter(({ family, parts }) => family === 'quality' && (kind !== 'hopping' || parts))
  return lists.map(({ field, reductions }) => ({
    field,
    reductions: [
      ...reductions,
      ...quality.flatMap(({ name }): ReductionPlan[] =>
        reductions.some(({ kernel }) => kernel === name) ? [] : [{ kernel: name, arguments: [], suffix: name }],
      ),
    ],
  }))
}

/** Notes reductions that can't be made in windows of this shape. */
export function checkReductions(
  lists: WindowPlan['reduce'],
  { kind }: Shape,
  { grouped, detrends, quality }: { grouped: boolean; detrends: boolean; quality: boolean },
  path: Path,
  components: Components,
  findings: Findings,
): void {
  const states = new Set<string>()
  const said = new Set<string>()
  for (const { reductions } of lists) {
    for (const reduction of reductions) {
      const kernel = components.kernels.find(({ name }) => name === reduction.kernel)
      if (!kernel) continue
      states.add(`${kernel.state} ${(reduction.stateArguments ?? []).join(' ')}`)
      const why = obstacle(kernel, kind, grouped, detrends) ?? (quality ? undefined : unfilled(kernel, kind))
      if (why && !said.has(kernel.name)) findings.add(path, `cannot reduce by \`${kernel.name}\` here: ${why}`)
      said.add(kernel.name)
    }
  }
  const pages = [...states].reduce((sum, key) => {
    const state = components.states.find(({ name }) => name === key.split(' ')[0])
    return sum + (state?.slotBytes ?? 0) / 64
  }, 0)
  if (pages > MOST_SLOT_PAGES)
    findings.add(
      path,
      `cannot keep so many kinds of states in one window: they take ${pages} parts; allowed: ${MOST_SLOT_PAGES}; split it into two windows`,
    )
}

/** These also rest on panes without rows, which only `quality` keeps. */
function unfilled({ name }: Kernel, kind: WindowPlan['kind']): string | undefined {
  return kind === 'hopping' && (name === 'coverage' || name === 'expected')
    ? 'in windows that overlap it needs `quality: true`, which brings it along'
    : undefined
}

function obstacle(kernel: Kernel, kind: WindowPlan['kind'], grouped: boolean, detrends: boolean): string | undefined {
  const wantsAll = kernel.state === 'rows' || (detrends && kernel.detrends)
  if (!wantsAll) return undefined
  if (grouped)
    return 'with `by` several devices are one series, and their samples have no common order; remove one of them'
  if (kind === 'hopping' && (kernel.state !== 'rows' || !kernel.parts))
    return 'its outcomes do not add up from pane to pane, as windows that overlap need; use windows without `size`'
  return undefined
}
