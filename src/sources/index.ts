import type { SourceComponent } from '../model/source.js'

/** Every kind of source, by the name it has in the configuration. */
export const sources: SourceComponent[] = []
