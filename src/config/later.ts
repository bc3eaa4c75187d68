/** Places in a configuration where keys live. */
export type Place = 'top' | 'source' | 'window' | 'decode' | 'sink'

/** Keys that the design knows and this version does not, with what they will do. */
export const LATER: Record<Place, Record<string, string>> = {
  top: {
    resume: 'go on in files where the last run stopped',
    maxBatchBytes: 'bound of a batch',
  },
  source: {
    resume: 'go on in a file where the last run stopped',
    maxBatchBytes: 'bound of a batch',
  },
  window: {},
  decode: {},
  sink: {},
}
