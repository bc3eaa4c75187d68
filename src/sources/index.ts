import type { SourceComponent } from '../model/source.js'
import { file } from './file.js'
import { mqtt } from './mqtt.js'
import { serial } from './serial.js'

/** Every kind of source, by the name it has in the configuration. */
export const sources: SourceComponent[] = [mqtt, serial, file]
