import { readFileSync } from 'node:fs'
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

/** Time that the thread which began the process was on a core, ms. */
const ownMs = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6

interface Load {
  reduce: readonly string[]
  workers: number
  /** Whether that pays or not. */
  always: boolean
}

interface Measured {
  /** The line's turns, ms in all. */
  wallMs: number
  /** Of it, closing: spectra and all that is read from rows, and the points. */
  closeMs: number
  /** And the one thread's own time on a core in it. */
  ownCloseMs: number
  cpuMs: number
  ahead: number
  roundTripMs: number | null
  aheadNs: number | null
  sharedNs: number | null
}

/** Windows of a second over arrays of kHz samples, from the bytes to the points. */
async function measured({ reduce, workers, always }: Load): Promise<Measured> {
  const source = {
    type: 'finite-script',
    time: { path: 't', unit: 'us', rate: RATE_HZ },
    decode: { type: 'json', samples: ['x'] },
  }
  const config = { workers, sources: { s: source }, windows: { w: { every: '1s', lateness: '0s', reduce } } }
  const rig = new Rig({ config, ...(always && { handOverMs: 0 }), onPoints: () => rig.due.splice(0) })
  await rig.start()
  const { out } = rig.script('s')
  const bodies = Array.from({ length: SERIES }, (_, d) =>
    JSON.stringify(Array.from({ length: RATE_HZ }, (_, i) => Math.round(1e3 * Math.sin(i * (d + 1) * 0.05)) / 8)),
  )
  let wallMs = 0
  let cpuUs = 0
  let closeMs = 0
  let closeBegan = 0
  let ownCloseMs = 0
  let ownBegan = 0
  const { workAhead, close } = Closer.prototype
  Closer.prototype.workAhead = function (...args) {
    closeBegan = performance.now()
    ownBegan = ownMs()
    return workAhead.apply(this, args)
  }
  Closer.prototype.close = function (...args) {
    close.apply(this, args)
    closeMs += performance.now() - closeBegan
    ownCloseMs += ownMs() - ownBegan
  }
  // The first seconds start the workers.
  for (let second = -8; second < SECONDS; second++) {
    for (let d = 0; d < SERIES; d++) {
      await rig.push('s', `d${d}`, `{"t":${T0 + second * 1e6},"x":${bodies[d]}}`)
    }
    out.endBurst()
    const began = performance.now()
    const before = process.cpuUsage()
    await out.turn()
    const { user, system } = process.cpuUsage(before)
    if (second < 0) closeMs = ownCloseMs = 0
    if (second < 0) continue
    wallMs += performance.now() - began
    cpuUs += user + system
  }
  Object.assign(Closer.prototype, { workAhead, close })
  rig.script('s').end()
  await rig.gateway.finished
  const { ahead, roundTripMs, aheadNs, sharedNs } = rig.gateway.status().pool
  return { wallMs, closeMs, ownCloseMs, cpuMs: cpuUs / 1000, ahead, roundTripMs, aheadNs, sharedNs }
}

/** What workers do for windows that make spectra: the turns of the line, by wall and by CPU, the least of some rounds. */
export async function run(): Promise<Bench> {
  const rows: Bench['rows'] = []
  for (const reduce of [many, spectra, ['mean', 'stddev', 'kurtosis']]) {
    const loads = [
      { reduce, workers: 0, always: false },
      { reduce, workers: 1, always: false },
      { reduce, workers: 2, always: false },
      { reduce, workers: 1, always: true },
    ]
    const all: Measured[][] = loads.map(() => [])
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, load] of loads.entries()) all[i]!.push(await measured(load))
    const least = (key: 'wallMs' | 'closeMs' | 'ownCloseMs' | 'cpuMs') =>
      all.map((one) => Math.min(...one.map((run) => run[key])) / SECONDS)
    const [wall, close, own, cpu] = [least('wallMs'), least('closeMs'), least('ownCloseMs'), least('cpuMs')]
    for (const [i, { workers, always }] of loads.entries()) {
      const { ahead, roundTripMs, aheadNs, sharedNs } = all[i]!.at(-1)!
      rows.push({
        reductions: reduce.length,
        workers: `${workers}${always ? ', always' : ''}`,
        'wall ms': wall[i]!,
        'CPU ms': cpu[i]!,
        'wall, 0 workers/these': wall[0]! / wall[i]!,
        'closing ms': close[i]!,
        '0 workers/these': close[0]! / close[i]!,
        'own CPU of closing': own[i]!,
        '0/these': own[0]! / own[i]!,
        'series by the pool': ahead,
        'round trip ms': roundTripMs ?? '-',
        'ns a row': aheadNs ?? '-',
        'ns with workers': sharedNs ?? '-',
      })
    }
  }
  return {
    title: `Windows over ${SERIES} series of ${RATE_HZ} Hz: the line's turn for a second of data, least of ${ROUNDS} rounds`,
    rows,
    notes: [
      'A turn is decoding, reducing and closing; the CPU is of the whole process. Closing is spectra and all that is read from',
      'rows, and the points; own CPU is what it takes of the one thread, whatever else runs on the machine. `always` hands',
      'over whether that pays or not. The rounds take turns.',
    ],
  }
}
