// The state of a line, as a checkpoint keeps it and as another line takes it up: stretches of the shared memory, what was
// named, and the little that lives outside of both. Addresses in it lead into the slab alone, which lies at the same place
// whatever the plan is.
import {
  CONDITION_BYTES,
  CONDITION_LAST,
  DEVICE_BYTES,
  DEVICE_FIRST_SERIES,
  DEVICE_SOURCE,
  IDS_BYTES,
  IDS_USED,
  PAGE_BYTES,
  PAIR_BYTES,
  PAIR_FUNCTION,
  PAIR_MADE,
  SIDE_BYTES,
  SIDE_NEXT,
  SIDE_TIME,
  SLAB_BYTES,
  SLAB_DEVICE_COUNT,
  SLAB_DEVICES,
  SLAB_FREE,
  SLAB_FREE_PAGES,
  SLAB_GROUP_SOURCE,
  SLAB_NEXT,
  SLAB_SERIES,
  SOURCE_AHEAD,
  SOURCE_BYTES,
  SOURCE_EXPECT,
  SOURCE_WAIT,
} from '../../assembly/layout.js'
import type { Section } from '../checkpoint/changed-pages.js'
import { bug } from '../model/errors.js'
import { exactText } from '../model/exact-json.js'
import { type Plan, type SourcePlan, sourceKey, type WindowPlan } from '../model/plan.js'
import type { SavedEngine } from './engine.js'
import { type EngineMemory, seriesNumbers } from './engine-memory.js'
import type { Naming } from './identities.js'
import type { SavedIntake } from './intake.js'
import type { SavedClock } from './sample-clocks.js'

/** The plan as far as the line reads it: without what may be secret. */
export interface KeptPlan extends Omit<Plan, 'http' | 'sources' | 'sinks' | 'stateDir' | 'runtimeDir'> {
  sources: Omit<SourcePlan, 'options'>[]
  sinks: { name: string; type: string }[]
}

/** What is neither memory nor name. */
export interface SavedRest {
  plan: KeptPlan
  engine: SavedEngine
  /** How much of each there is. */
  used: { devices: number; series: number; channels: number; slabBytes: number }
  /** By `sourceKey`. */
  intakes: Record<string, SavedIntake>
  /** In the order of the plan. */
  windows: { openPanes: number; isOpen: boolean; lines: number; corrections: number; notFinite: number }[]
  derived: { ambiguous: number; refused: number }
  clocks: SavedClock[]
}

/** A line's state. */
export interface SavedLine {
  rest: SavedRest
  namings: Iterable<Naming>
  /** Fills `into` with a section, as far as it reaches; how many bytes it had. */
  read(section: string, into: Uint8Array): number
}

export function keptPlan(plan: Plan): KeptPlan {
  const { http: _http, sources, sinks, stateDir: _stateDir, runtimeDir: _runtimeDir, ...rest } = plan
  return {
    ...rest,
    sources: sources.map(({ options: _options, ...source }) => source),
    sinks: sinks.map(({ name, type }) => ({ name, type })),
  }
}

/** Sections of a line's memory that no window owns. */
export function sectionsOf(memory: EngineMemory, plan: Plan, used: { devices: number; series: number }): Section[] {
  const { regions, u32 } = memory
  const { slabHead, slab, returned, devices, conditions, pairs, sources, ids } = regions
  const slabBytes = u32[(slabHead.start + SLAB_NEXT) >>> 2] - slab.start
  const sections: Section[] = [
    { name: 'slab head', start: slabHead.start, bytes: SLAB_BYTES },
    { name: 'slab', start: slab.start, bytes: slabBytes, empty: returned.start },
    { name: 'returned', start: returned.start, bytes: Math.ceil(slabBytes / PAGE_BYTES / 8) },
    { name: 'devices', start: devices.start, bytes: used.devices * DEVICE_BYTES },
  ]
  if (conditions.end > conditions.start)
    sections.push({ name: 'conditions', start: conditions.start, bytes: used.series * CONDITION_BYTES })
  if (pairs.end > pairs.start) {
    const bytes = used.series * PAIR_BYTES
    sections.push({ name: 'pairs', start: pairs.start, bytes })
    sections.push({ name: 'alone', start: pairs.start + seriesNumbers(plan) * PAIR_BYTES, bytes })
  }
  plan.sources.forEach((source, i) => {
    const key = sourceKey(source)
    sections.push({ name: `source ${key}`, start: sources.start + i * SOURCE_BYTES, bytes: SOURCE_BYTES })
    const start = ids.start + i * IDS_BYTES
    if (u32[(start + IDS_USED) >>> 2] !== 0) sections.push({ name: `ids ${key}`, start, bytes: IDS_BYTES })
  })
  return sections
}

/** Takes up those sections, after everything was named; what leads elsewhere than into the slab stays as it was made. */
export function loadMemory(
  memory: EngineMemory,
  plan: Plan,
  saved: SavedLine,
  devices: number,
  { isDeviceOf, isSeriesOf }: { isDeviceOf(id: number): boolean; isSeriesOf(id: number): boolean },
): void {
  loadSlab(memory, saved)
  loadDevices(memory, saved, devices, isDeviceOf)
  loadSources(memory, plan, saved)
  const { regions } = memory
  if (regions.conditions.end > regions.conditions.start) loadConditions(memory, saved, isSeriesOf)
  if (regions.pairs.end > regions.pairs.start) {
    loadPairs(memory, saved, 'pairs', regions.pairs.start, 2, isSeriesOf)
    loadPairs(memory, saved, 'alone', regions.pairs.start + seriesNumbers(plan) * PAIR_BYTES, 1, isSeriesOf)
  }
}

function loadSlab({ regions, u8, u32 }: EngineMemory, { rest, read }: SavedLine): void {
  const { slabHead, slab, returned } = regions
  const at = slabHead.start
  const keep = [SLAB_DEVICES, SLAB_SERIES, SLAB_GROUP_SOURCE, SLAB_DEVICE_COUNT].map(
    (field) => [(at + field) >>> 2, u32[(at + field) >>> 2]] as const,
  )
  read('slab head', u8.subarray(at, at + SLAB_BYTES))
  for (const [word, value] of keep) u32[word] = value
  const bytes = slab.end - slab.start
  const was = Math.floor(rest.plan.maxMemoryBytes / PAGE_BYTES) * PAGE_BYTES
  if (u32[(at + SLAB_NEXT) >>> 2] > slab.end) bug('the slab is smaller than what was kept of it')
  u32[(at + SLAB_FREE_PAGES) >>> 2] += (bytes - was) / PAGE_BYTES
  read('slab', u8.subarray(slab.start, slab.end))
  read('returned', u8.subarray(returned.start, returned.end))
  let last = 0
  for (let page = 0; page < bytes / PAGE_BYTES; page++) {
    if (((u8[returned.start + (page >>> 3)] >> (page & 7)) & 1) === 0) continue
    const address = slab.start + page * PAGE_BYTES
    u32[address >>> 2] = last
    last = address
  }
  u32[(at + SLAB_FREE) >>> 2] = last
}

function loadDevices(
  { regions, u8, u32 }: EngineMemory,
  { read }: SavedLine,
  devices: number,
  isDeviceOf: (id: number) => boolean,
): void {
  const { start } = regions.devices
  const was = new Uint8Array(devices * DEVICE_BYTES)
  read('devices', was)
  for (let id = 0; id < devices; id++) {
    if (!isDeviceOf(id)) continue
    const at = start + id * DEVICE_BYTES
    const own = [DEVICE_SOURCE, DEVICE_FIRST_SERIES].map(
      (field) => [(at + field) >>> 2, u32[(at + field) >>> 2]] as const,
    )
    u8.set(was.subarray(id * DEVICE_BYTES, (id + 1) * DEVICE_BYTES), at)
    for (const [word, value] of own) u32[word] = value
  }
}

function loadSources({ regions, u8, f64 }: EngineMemory, plan: Plan, { read }: SavedLine): void {
  plan.sources.forEach((source, i) => {
    const key = sourceKey(source)
    const start = regions.sources.start + i * SOURCE_BYTES
    const own = [SOURCE_WAIT, SOURCE_AHEAD, SOURCE_EXPECT].map(
      (field) => [(start + field) >>> 3, f64[(start + field) >>> 3]] as const,
    )
    read(`source ${key}`, u8.subarray(start, start + SOURCE_BYTES))
    for (const [at, value] of own) f64[at] = value
    const ids = regions.ids.start + i * IDS_BYTES
    read(`ids ${key}`, u8.subarray(ids, ids + IDS_BYTES))
  })
}

function loadConditions(
  { regions, f64 }: EngineMemory,
  { read }: SavedLine,
  isSeriesOf: (id: number) => boolean,
): void {
  const { start, end } = regions.conditions
  const was = new Float64Array((end - start) / 8)
  const bytes = read('conditions', new Uint8Array(was.buffer))
  for (let at = CONDITION_LAST / 8; at < bytes / 8; at += CONDITION_BYTES / 8) {
    if (!isSeriesOf(Math.floor((at * 8) / CONDITION_BYTES))) continue
    f64[(start >>> 3) + at] = was[at]
    f64[(start >>> 3) + at + 1] = was[at + 1]
  }
}

/** Rows that wait and last values of pairs that there still are. */
function loadPairs(
  { regions, u8, u32, f64 }: EngineMemory,
  { read }: SavedLine,
  name: string,
  start: number,
  sides: number,
  isSeriesOf: (id: number) => boolean,
): void {
  const was = new Uint8Array(Math.floor((regions.pairs.end - start) / PAIR_BYTES) * PAIR_BYTES)
  const bytes = read(name, was)
  const words = new Uint32Array(was.buffer)
  for (let at = 0; at < bytes; at += PAIR_BYTES) {
    const record = start + at
    if (!isSeriesOf(at / PAIR_BYTES)) continue
    if (words[(at + PAIR_FUNCTION) >>> 2] === 0 || u32[(record + PAIR_FUNCTION) >>> 2] === 0) continue
    for (let side = 0; side < sides; side++) {
      const from = at + side * SIDE_BYTES
      u8.set(was.subarray(from, from + SIDE_NEXT), record + side * SIDE_BYTES)
      u8.set(was.subarray(from + SIDE_TIME, from + SIDE_BYTES), record + side * SIDE_BYTES + SIDE_TIME)
    }
    f64[(record + PAIR_MADE) >>> 3] = new Float64Array(was.buffer)[(at + PAIR_MADE) >>> 3]
  }
}

/** The plan that state was kept under, with what must be as it is now. It is for a line alone: of sources and sinks it knows the names. */
export const planOf = (kept: KeptPlan, now: Plan): Plan => ({
  ...now,
  ...kept,
  sources: kept.sources.map((source) => ({ ...source, options: undefined })),
  sinks: now.sinks,
})

/** Whether a line for one plan does for the other. */
export const isSamePlan = (a: Plan, b: Plan): boolean => {
  const text = ({ sinks: _sinks, ...rest }: KeptPlan) => exactText(rest)
  return text(keptPlan(a)) === text(keptPlan(b))
}

/** Whether a window goes on as it is, wherever its points go. */
export function isSameWindow(a: WindowPlan, b: WindowPlan): boolean {
  const text = ({ to: _to, fromUs: _from, untilUs: _until, ...rest }: WindowPlan) => JSON.stringify(rest)
  return text(a) === text(b)
}
