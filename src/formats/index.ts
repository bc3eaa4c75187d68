import type { Format } from '../model/sink.js'
import { csv } from './csv.js'
import { line } from './line.js'
import { ndjson } from './ndjson.js'

/** Every way to write points as bytes, by the name it has in the configuration. */
export const formats: readonly Format[] = [line, ndjson, csv]
