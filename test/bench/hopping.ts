import { Rig } from '../support/rig.js'
import type { Bench } from './main.js'

const T0 = 1_704_067_200_000_000
const FIELDS = 100
const REDUCTIONS = ['mean', 'sum', 'min', 'max', 'twa']

interface Load {
  size: string
  reduce: string
  devices: number
  seconds: number
  /** Samples a second of a series; so many seconds at the end come at 10 Hz. */
  rateHz: number
  lastSeconds: number
}

/** Cost and memory of one window that hops by 1 s: CPU of the whole process, and the most of the slab in use. */
async function measured({ size, reduce, devices, seconds, rateHz, lastSeconds }: Load) {
  const source = { type: 'finite-script', time: { path: 't', unit: 'us' }, decode: { type: 'json' } }
  const window = { every: '1s', ...(size !== '1s' && { size }), reduce: [reduce] }
  const config = {
    workers: 0,
    maxMemory: '512MiB',
    maxSeries: devices * FIELDS,
    sources: { s: source },
    windows: { w: window },
  }
  const rig = new Rig({ config, onPoints: () => rig.due.splice(0) })
  await rig.start()
  const { out } = rig.script('s')
  const used = () => {
    const { slabBytes, slabFreeBytes } = rig.gateway.status().memory
    return slabBytes - slabFreeBytes
  }
  let most = 0
  let samples = 0
  const before = process.cpuUsage()
  for (let second = 0; second < seconds; second++) {
    const rate = second >= seconds - lastSeconds ? 10 : rateHz
    for (let i = 0; i < rate; i++) {
      const t = T0 + second * 1e6 + (i * 1e6) / rate
      for (let device = 0; device < devices; device++) {
        let text = `{"t":${t}`
        for (let f = 0; f < FIELDS; f++) text += `,"f${f}":${((second * 31 + f * 7 + i) % 4001) / 8}`
        await rig.push('s', `d${device}`, `${text}}`)
        samples += FIELDS
        // As much as a block holds.
        if ((samples / FIELDS) % 40 !== 0) continue
        out.endBurst()
        await out.turn()
      }
    }
    most = Math.max(most, used())
  }
  const { user, system } = process.cpuUsage(before)
  rig.script('s').end()
  await rig.gateway.finished
  return { cpuNs: ((user + system) * 1000) / samples, megabytes: most / 1e6, left: used() }
}

/** Windows that hop by a second: what a sample costs by their size, and what an hour of 1,000 series keeps. */
export async function run(): Promise<Bench> {
  const rows: Bench['rows'] = []
  for (const reduce of ['mean', 'twa'])
    for (const [size, sizeS] of Object.entries({ '1s': 1, '10s': 10, '1min': 60, '10min': 600, '1h': 3600 })) {
      const load = { size, reduce, devices: 1, seconds: sizeS + 600, rateHz: 10, lastSeconds: 0 }
      const { cpuNs, megabytes } = await measured(load)
      rows.push({ reduce, series: FIELDS, size, 'CPU ns a sample': cpuNs, 'window state MB': megabytes })
    }
  for (const reduce of REDUCTIONS) {
    const load = { size: '1h', reduce, devices: 10, seconds: 3660, rateHz: 1, lastSeconds: 30 }
    const { cpuNs, megabytes } = await measured(load)
    rows.push({ reduce, series: 10 * FIELDS, size: '1h', 'CPU ns a sample': cpuNs, 'window state MB': megabytes })
  }
  return {
    title: 'Windows that hop by 1 s: CPU of the whole process a sample, and window state at most',
    rows,
    notes: [
      'JSON messages of 100 fields at 10 Hz; decoding and making the points are in the CPU. 1s is a window that does not',
      'overlap. The hour over 1,000 series comes at 1 Hz, its last 30 s at 10 Hz: closed panes do not depend on the rate,',
      'and a point is made of each series and second, so a sample there carries ten times the cost of points.',
    ],
  }
}
