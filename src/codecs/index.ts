import type { CodecComponent } from '../model/codec.js'
import { json } from './json.js'

/** Every way to read payloads, by the name it has in the configuration. */
export const codecs: CodecComponent[] = [json as CodecComponent]
