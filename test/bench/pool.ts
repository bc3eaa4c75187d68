import { Closer } from '../../src/engine/closer.js'
import { Rig } from '../support/rig.js'
import type { Bench } from './main.js'

const T0 = 1_704_067_200_000_000
const SERIES = 64
const RATE_HZ = 4096
const SECONDS = 10
const ROUNDS = 5

const spectra = ['band_rms(10,1000)', 'dominant_hz', 'spectral_centroid', 'envelope_rms(500,1500,10,200)']

/** As a vibration analyst asks: bands of the spectrum, and the envelopes of three resonances. */
const many = ['crest', 'kurtosis', ...spectra, 'envelope_rms(300,900,10,200)', 'envelope_rms(900,1900,10,200)']

interface Load {
  reduce: readonly string[]
  workers: number
}

interface Measured {
  /** The line's turns, ms in all. */
  wallMs: number
  /** Of it, closing: spectra and all that is read from rows, and the points. */
  closeMs: number
  cpuMs: number
  ahead: number
  roundTripMs: number | null
  aheadNs: number | null
  sharedNs: number | null
}

/** Windows of a second over arrays of kHz samples, from the bytes to the points. */
async function measured({ reduce, workers }: Load): Promise<Measured> {
  const source = {
    type: 'finite-script',
    time: { path: 't', unit: 'us', rate: RATE_HZ },
    decode: { type: 'json', samples: ['x'] },
  }
  const config = { workers, sources: { s: source }, windows: { w: { every: '1s', lateness: '0s', reduce } } }
  const rig = new Rig({ config, onPoints: () => rig.due.splice(0) })
  await rig.start()
  const { out } = rig.script('s')
  const bodies = Array.from({ length: SERIES }, (_, d) =>
    JSON.stringify(Array.from({ length: RATE_HZ }, (_, i) => Math.round(1e3 * Math.sin(i * (d + 1) * 0.05)) / 8)),
  )
  let wallMs = 0
  let cpuUs = 0
  let closeMs = 0
  let closeBegan = 0
  const { workAhead, close } = Closer.prototype
  Closer.prototype.workAhead = function (...args) {
    closeBegan = performance.now()
    return workAhead.apply(this, args)
  }
  Closer.prototype.close = function (...args) {
    close.apply(this, args)
    closeMs += performance.now() - closeBegan
  }
  // The first seconds start the workers.
  for (let second = -5; second < SECONDS; second++) {
    for (let d = 0; d < SERIES; d++) {
      await rig.push('s', `d${d}`, `{"t":${T0 + second * 1e6},"x":${bodies[d]}}`)
    }
    out.endBurst()
    const began = performance.now()
    const before = process.cpuUsage()
    await out.turn()
    const { user, system } = process.cpuUsage(before)
    if (second < 0) closeMs = 0
    if (second < 0) continue
    wallMs += performance.now() - began
    cpuUs += user + system
  }
  Object.assign(Closer.prototype, { workAhead, close })
  rig.script('s').end()
  await rig.gateway.finished
  const { ahead, roundTripMs, aheadNs, sharedNs } = rig.gateway.status().pool
  return { wallMs, closeMs, cpuMs: cpuUs / 1000, ahead, roundTripMs, aheadNs, sharedNs }
}

/** What workers do for windows that make spectra: the turns of the line, by wall and by CPU, the least of some rounds. */
export async function run(): Promise<Bench> {
  const rows: Bench['rows'] = []
  for (const reduce of [many, spectra, ['mean', 'stddev', 'kurtosis']]) {
    const all: Measured[][] = [[], [], []]
    for (let round = 0; round < ROUNDS; round++)
      for (const workers of [0, 1, 2]) all[workers]!.push(await measured({ reduce, workers }))
    const wall = all.map((one) => Math.min(...one.map(({ wallMs }) => wallMs)) / SECONDS)
    const close = all.map((one) => Math.min(...one.map(({ closeMs }) => closeMs)) / SECONDS)
    const cpu = all.map((one) => Math.min(...one.map(({ cpuMs }) => cpuMs)) / SECONDS)
    for (const workers of [0, 1, 2]) {
      const { ahead, roundTripMs, aheadNs, sharedNs } = all[workers]!.at(-1)!
      rows.push({
        reduce: reduce.map((one) => one.replace(/\(.*/, '')).join(' '),
        workers,
        'wall ms a second': wall[workers]!,
        'closing ms': close[workers]!,
        'CPU ms a second': cpu[workers]!,
        'times 0 workers': wall[0]! / wall[workers]!,
        'closing, times 0': close[0]! / close[workers]!,
        'series by the pool': ahead,
        'round trip ms': roundTripMs ?? '-',
        'ns a row': aheadNs ?? '-',
        'with workers': sharedNs ?? '-',
      })
    }
  }
  return {
    title: `Windows over ${SERIES} series of ${RATE_HZ} Hz: the line's turn for a second of data, least of ${ROUNDS} rounds`,
    rows,
    notes: ['Decoding, merging and the points are in it, on the one thread. The rounds take turns.'],
  }
}
