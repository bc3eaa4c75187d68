import type { CodecComponent } from '../model/codec.js'

/** Every way to read payloads, by the name it has in the configuration. */
export const codecs: CodecComponent[] = []
