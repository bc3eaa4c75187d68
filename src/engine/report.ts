import {
  DEVICE_BYTES,
  DEVICE_LATE,
  DEVICE_ROWS,
  DEVICE_SKEW,
  DEVICE_SKEWS,
  PAGE_BYTES,
  SKEW_RING,
  SLAB_FREE_PAGES,
} from '../../assembly/layout.js'
import { imbalance, newFrameLedger, newSampleLedger, newWireCounts, type SampleLedger } from '../model/ledger.js'
import { DERIVED_SOURCE, isLive, type Plan } from '../model/plan.js'
import type { Source } from '../model/source.js'
import type { SourceStatus, Status } from '../model/status.js'
import type { ChunkPool } from '../pool/pool.js'
import type { Window } from '../window/window.js'
import type { Derivation } from './derivation.js'
import type { Engine } from './engine.js'
import type { EngineMemory } from './engine-memory.js'
import type { Epochs } from './epochs.js'
import type { Home } from './home.js'
import type { DeviceEntry, Identities } from './identities.js'
import type { Intake } from './intake.js'
import type { Lane } from './lane.js'
import type { SampleClocks } from './sample-clocks.js'

export interface Reported {
  plan: Plan
  version: string
  startedUs: number
  ready: boolean
  engine: Engine
  epochs: Epochs
  memory: EngineMemory
  identities: Identities
  pool: ChunkPool
  clocks: SampleClocks
  derivation?: Derivation | undefined
  intakes: readonly Intake[]
  /** By name. */
  sources: ReadonlyMap<string, Source>
  windows: readonly Window[]
  lanes: readonly Lane[]
  home?: Home | undefined
}

/** A device more than half of whose rows were late, and how far its clock seems off. */
export interface Straggler {
  device: DeviceEntry
  rows: number
  late: number
  skewMs: number
}

/** Everything there is to say, as of now; between batches frames and samples may be pending. */
export function report(r: Reported): Status {
  const { memory, plan } = r
  const freePages = memory.u32[(memory.regions.slabHead.start + SLAB_FREE_PAGES) >>> 2]
  return {
    version: r.version,
    gateway: plan.gateway,
    startedUs: r.startedUs,
    ready: r.ready,
    batch: { number: r.engine.batches, atUs: r.engine.lastBatchUs },
    series: r.identities.seriesCount,
    maxSeries: plan.maxSeries,
    devices: r.identities.deviceCount,
    memory: { slabBytes: memory.regions.slab.end - memory.regions.slab.start, slabFreeBytes: freePages * PAGE_BYTES },
    pool: {
      workers: r.pool.workers,
      tasks: r.pool.tasks,
      chunks: r.pool.chunks,
      inline: r.pool.inline,
      ahead: r.pool.ahead,
      roundTripMs: r.pool.roundTripMs ?? null,
      aheadNs: r.pool.aheadNs ?? null,
      sharedNs: r.pool.sharedNs ?? null,
    },
    sources: [
      ...r.intakes.filter(({ plan }) => !plan.derives).map((intake) => sourceStatus(r, intake)),
      ...(r.derivation ? [derivedStatus(r, r.derivation)] : []),
    ],
    windows: r.windows.map((window) => ({
      name: window.plan.name,
      openPanes: window.openPanes,
      lines: window.lines,
      corrections: window.corrections,
      ...window.left,
      notFinite: window.notFinite,
      units: unitsOf(r, window),
    })),
    sinks: r.lanes.map((lane) => lane.status()),
    clock: r.epochs.status(),
    kept: r.home?.status(r.lanes) ?? null,
    alarms: alarms(r, freePages),
  }
}

/** Series looked at for the units of a window's fields: further ones are mostly of the same fields. */
const UNIT_SERIES = 1000

/** Units by field of a point, in the order in which they were first seen. */
function unitsOf({ identities }: Reported, window: Window): Record<string, string[]> {
  const found = new Map<string, Set<string>>()
  let series = 0
  for (const device of identities.devices)
    for (const [field, unit] of device?.units ?? []) {
      const id = device?.series.get(field)?.id
      if (id === undefined || ++series > UNIT_SERIES) break
      for (const { name, unitOf } of window.fieldsOf(id, field)) {
        const text = unitOf(unit)
        if (text !== '') found.set(name, (found.get(name) ?? new Set()).add(text))
      }
    }
  return Object.fromEntries([...found].map(([name, units]) => [name, [...units]]))
}

/** All derived series are of one source to the outside, though each waits for its own inputs. */
function derivedStatus(r: Reported, derivation: Derivation): SourceStatus {
  const intakes = r.intakes.filter(({ plan }) => plan.derives)
  const samples = newSampleLedger()
  for (const intake of intakes)
    for (const fate of Object.keys(samples) as (keyof SampleLedger)[]) samples[fate] += intake.samples[fate]
  const { pairs, alone, waiting, ambiguous, refused } = derivation
  return {
    name: DERIVED_SOURCE,
    type: DERIVED_SOURCE,
    link: {
      state: intakes.every(({ over }) => over) ? 'ended' : 'up',
      sinceUs: r.startedUs,
      attempts: 1,
      detail: `${pairs} ${pairs === 1 ? 'pair' : 'pairs'} of series`,
    },
    frames: newFrameLedger(),
    samples: { ...samples, pending: imbalance.samples(samples) },
    lostBytes: 0,
    wire: newWireCounts(),
    watermarkUs: finite(Math.min(...intakes.map((intake) => r.engine.watermarkUs(intake)))),
    lastArrivalUs: finite(Math.max(...intakes.map((intake) => r.engine.lastArrivalUs(intake)))),
    skewMs: null,
    details: { pairs, alone, waiting, ambiguous, refused },
  }
}

const finite = (us: number) => (Number.isFinite(us) ? us : null)

function sourceStatus(r: Reported, intake: Intake): SourceStatus {
  const { samples, plan } = intake
  return {
    name: plan.name,
    type: plan.type,
    link: { ...intake.linkState },
    frames: { ...intake.frames, pending: intake.pending },
    samples: { ...samples, pending: imbalance.samples(samples) },
    lostBytes: intake.lost,
    wire: { ...intake.wireCounts },
    watermarkUs: finite(r.engine.watermarkUs(intake)),
    lastArrivalUs: finite(r.engine.lastArrivalUs(intake)),
    skewMs: skewOf(r, intake.index),
    details: { ...r.sources.get(plan.name)?.status?.(), ...r.clocks.status(intake.index) },
  }
}

/** Devices looked at for a source's skew: more of them change the median little. */
const SKEW_DEVICES = 500

/** Median over the devices of a source of each one's own median; null where none has spoken. */
function skewOf({ memory, identities }: Reported, source: number): number | null {
  const medians: number[] = []
  for (const device of identities.devices) {
    if (device?.sourceIndex !== source) continue
    const skew = deviceSkew(memory, device.id)
    if (skew !== undefined) medians.push(skew)
    if (medians.length === SKEW_DEVICES) break
  }
  return medians.length ? Math.round(medians.sort((a, b) => a - b)[medians.length >> 1]) : null
}

/** Median of a device's latest rows, ms; undefined before the first. */
function deviceSkew({ f32, u32, regions }: EngineMemory, device: number): number | undefined {
  const at = regions.devices.start + device * DEVICE_BYTES
  const length = Math.min(SKEW_RING, u32[(at + DEVICE_SKEWS) >>> 2])
  const first = (at + DEVICE_SKEW) >>> 2
  return Array.from(f32.subarray(first, first + length)).sort((a, b) => a - b)[length >> 1]
}

/** Devices more than half of whose rows were late (of at least 16). */
export function stragglers({ memory, identities }: Pick<Reported, 'memory' | 'identities'>): Straggler[] {
  const { f64, regions } = memory
  const found: Straggler[] = []
  for (const device of identities.devices) {
    if (!device) continue
    const at = regions.devices.start + device.id * DEVICE_BYTES
    const rows = f64[(at + DEVICE_ROWS) >>> 3]
    const late = f64[(at + DEVICE_LATE) >>> 3]
    if (rows < 16 || late <= rows / 2) continue
    found.push({ device, rows, late, skewMs: Math.round(deviceSkew(memory, device.id) ?? 0) })
  }
  return found
}

/** A straggler in words, with the remedy. */
export function stragglerText({ device, rows, late, skewMs }: Straggler): string {
  const tags = device.tags.map(([name, value]) => `${name}=${value}`).join(',')
  const clock = skewMs < 0 ? `ahead by ${-skewMs} ms` : `behind by ${skewMs} ms`
  return `device ${tags}: ${late} of ${rows} rows came late and its latest are ${clock}; set its clock, or raise the window's \`lateness\``
}

function alarms(r: Reported, freePages: number): string[] {
  const found = stragglers(r).slice(0, 20).map(stragglerText)
  if (r.intakes.some(({ plan }) => isLive(plan))) found.push(...r.epochs.alarms())
  for (const intake of r.intakes) {
    const { name, type } = intake.plan
    if (intake.linkState.state === 'down')
      found.push(`source ${name} (${type}) is down: ${intake.linkState.detail ?? ''}`)
  }
  found.push(...(r.home?.alarms ?? []))
  for (const lane of r.lanes) {
    const status = lane.status()
    if (status.state === 'down') found.push(`sink ${status.name} (${status.type}) is down: ${status.detail ?? ''}`)
    if (status.points.givenUp > 0)
      found.push(
        `sink ${status.name}: ${status.points.givenUp} points given up; its queue was full; see why it is away or slow`,
      )
    if (status.spoolFailing !== undefined)
      found.push(`sink ${status.name}: points are not spooled and wait in memory: ${status.spoolFailing}`)
    if (status.points.refused > 0)
      found.push(`sink ${status.name}: ${status.points.refused} points refused; the log has the words it gave`)
  }
  if (r.identities.seriesCount >= r.plan.maxSeries) {
    found.push(`${r.plan.maxSeries} series, no room for more: samples of new ones are rejected; raise \`maxSeries\``)
  }
  if (r.identities.refusedChannels > 0) {
    found.push(
      `no room for ${r.identities.refusedChannels} topics or ports: their frames are dropped; raise \`maxSeries\``,
    )
  }
  const { ambiguous = 0, refused = 0 } = r.derivation ?? {}
  if (ambiguous > 0)
    found.push(
      `derived series: ${ambiguous} further pairs of inputs fit ones that are made already, and are not taken; choose with \`tags\` or \`by\``,
    )
  if (refused > 0) found.push(`derived series: no room for ${refused} of them; raise \`maxSeries\``)
  // A pane, a group page and the longest slots.
  if (freePages < 2 + 10)
    found.push('no room for more windows: samples are rejected until some close; raise `maxMemory`')
  return found
}
