import { readFile } from 'node:fs/promises'
import { LinkError, reasonOf } from '../../model/errors.js'
import type { MqttOptions } from './options.js'

/** Contents of the PEM files of a source. */
export interface TlsFiles {
  ca?: Buffer
  cert?: Buffer
  key?: Buffer
}

/** Reads them anew for each connection, so that renewed certificates count. Rejects with a LinkError. */
export async function readTlsFiles(
  source: string,
  options: Pick<MqttOptions, 'ca' | 'cert' | 'key'>,
): Promise<TlsFiles> {
  const files: TlsFiles = {}
  for (const key of ['ca', 'cert', 'key'] as const) {
    const path = options[key]
    if (path === undefined) continue
    try {
      files[key] = await readFile(path)
    } catch (error) {
      throw new LinkError(`source "${source}" cannot read \`${key}\` "${path}": ${reasonOf(error)}`, { cause: error })
    }
  }
  return files
}
