// Reads stdin with the file source and says each frame, and how it ended, as a line of JSON. SIGTERM aborts.
import type { Clock } from '../../src/model/clock.js'
import { file } from '../../src/sources/file.js'
import { RecordingOutput } from './source-output.js'

const clock: Clock = {
  nowUs: () => Date.now() * 1000,
  monotonicMs: () => performance.now(),
  after(delayMs, f) {
    const timer = setTimeout(f, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`)
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())

const out = new RecordingOutput(clock, { gatherMs: 20 })
out.turn = () => {
  for (const { bytes } of out.frames.splice(0)) say({ frame: bytes.toString() })
  return Promise.resolve()
}
const source = file.create({ path: '-' } as never, {
  name: 'stdin',
  gateway: 'g',
  stateDir: '.',
  maxFrameBytes: 1 << 20,
  arrivalErrorUs: 20_000,
  timedByArrival: false,
  inputs: [{ time: { kind: 'arrival' }, decode: { type: 'csv', options: {} }, payloadTags: {}, constantTags: {} }],
})
const running = source.run(out, stop.signal)
say({ ready: true })
say({ end: await running, lost: out.lost })
