import * as v from 'valibot'
import { ConfigError } from '../model/errors.js'
import type { HttpPlan } from '../model/plan.js'
import { type Environment, processEnvironment } from './environment.js'
import { interpolate } from './interpolate.js'
import { readDocuments } from './load.js'
import { isMap } from './path.js'
import { defaultHttp, topEntries } from './top-schema.js'

/**
 * Where a run of these files answers, and its token; a given `token` stands in for that of the files, which then needs not
 * be known here. Reads the key `http` alone: no other secret is needed. Rejects with a ConfigError.
 */
export async function readHttpAddress(
  files: readonly string[],
  token?: string,
  environment: Partial<Environment> = {},
): Promise<HttpPlan> {
  const document = await readDocuments(files)
  const written = isMap(document) ? document.http : undefined
  if (written === undefined || written === null) return { ...defaultHttp(false)!, ...(token && { token }) }
  const asked = isMap(written) && token ? { ...written, token: 'given' } : written
  const { value, problems } = interpolate({ http: asked }, processEnvironment(environment))
  if (problems.length) throw new ConfigError(problems)
  const read = v.safeParse(topEntries.http, (value as { http: unknown }).http)
  const fail = (message: string): never => {
    throw new ConfigError([{ path: 'http', message }])
  }
  if (!read.success) return fail(read.issues[0].message)
  if (!read.output) return fail('cannot ask it: it answers nowhere; got false; write http: 127.0.0.1:9470')
  if (read.output.port === 0)
    return fail('cannot ask it: port 0 is another at each start; give the address it tells when ready with --at')
  return { ...read.output, ...(token && { token }) }
}
