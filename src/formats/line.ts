import type { Format } from '../model/sink.js'
import { LineEncoder } from './line-encoder.js'

// One for all sinks: they write the same devices.
let encoder: LineEncoder | undefined

/** InfluxDB line protocol, times in ns, one line a point. Counts are integers (`5i`), all else is the shortest exact decimal. */
export const line: Format = {
  type: 'line',
  summary: 'InfluxDB line protocol, times in ns',
  header: '',
  encode(points) {
    encoder ??= new LineEncoder()
    return encoder.encode(points)
  },
}
