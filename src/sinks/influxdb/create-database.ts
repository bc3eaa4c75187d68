import { LinkError, reasonOf } from '../../model/errors.js'

export interface CreateOptions {
  url: URL
  database: string
  username?: string
  password?: string
  timeoutMs: number
  signal: AbortSignal
}

/**
 * Makes the database if it is missing, through the `influx` package, which is loaded only here. Rejects with a LinkError,
 * at once when the signal aborts.
 */
export function createDatabase(options: CreateOptions): Promise<void> {
  const { signal } = options
  // The package has no signal: what it has under way ends by its own timeout, and nobody waits for it.
  return new Promise((resolve, reject) => {
    const stop = () => reject(new LinkError(`cannot create database "${options.database}": stopped`))
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    create(options)
      .finally(() => signal.removeEventListener('abort', stop))
      .then(resolve, reject)
  })
}

async function create({ url, database, username, password, timeoutMs }: CreateOptions): Promise<void> {
  const cannot = `cannot create database "${database}" at ${url.origin}`
  const { InfluxDB } = await import('influx')
  // A new client each time: after a failure one rejects at once for a while. Without a user it would send root:root.
  const influx = new InfluxDB({
    host: url.hostname,
    port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
    protocol: url.protocol === 'https:' ? 'https' : 'http',
    path: url.pathname.replace(/\/+$/, ''),
    username: username ?? '',
    password: password ?? '',
    pool: { requestTimeout: timeoutMs, maxRetries: 0 },
  })
  const [host] = await influx.ping(timeoutMs)
  if (!host.online && !host.res)
    throw new LinkError(`${cannot}: no answer to a ping within ${timeoutMs / 1000} s or no server there`)
  try {
    await influx.createDatabase(database)
  } catch (error) {
    const status = statusOf(error)
    if (status === 401)
      throw new LinkError(`${cannot}: the server refuses user "${username ?? ''}" (401); check username and password`)
    if (status === 403)
      throw new LinkError(
        `${cannot}: user "${username ?? ''}" may not (403); create it by hand and leave \`create\` out`,
      )
    throw new LinkError(`${cannot}: ${reasonOf(error).replace(/\s+/g, ' ').slice(0, 512)}`)
  }
}

const statusOf = (error: unknown): number | undefined =>
  (error as { res?: { statusCode?: number } } | undefined)?.res?.statusCode
