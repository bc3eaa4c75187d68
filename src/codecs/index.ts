import type { CodecComponent } from '../model/codec.js'
import { bridge } from './bridge.js'
import { csv } from './csv.js'
import { influx } from './influx.js'
import { json } from './json.js'
import { number } from './number.js'
import { struct } from './struct.js'

/** Every way to read payloads, by the name it has in the configuration. */
export const codecs: CodecComponent[] = [
  json as CodecComponent,
  csv as CodecComponent,
  influx as CodecComponent,
  number as CodecComponent,
  struct as CodecComponent,
  bridge as CodecComponent,
]
