import type { SinkComponent } from '../model/sink.js'
import { file } from './file.js'
import { influxdb } from './influxdb.js'

/** Every kind of sink, by the name it has in the configuration. */
export const sinks: readonly SinkComponent[] = [influxdb, file]
