import { components } from '../components.js'
import { loadConfig } from '../config/load.js'
import { ConfigError, LinkError, reasonOf } from '../model/errors.js'

/** Which running weir is meant. */
export interface RemoteOptions {
  /** Its address. */
  at?: string
  /** Or its configuration, which has the address and the token. */
  config?: string
}

/** A running weir, as its status server shows it. */
export interface Remote {
  readonly url: string
  /** An answer whose status is 200; rejects with a LinkError that says what to do. */
  get(path: string, signal?: AbortSignal): Promise<Response>
}

const DEFAULT_URL = 'http://127.0.0.1:9470'

/** Finds it: by `--at`, by `--config`, else where a weir listens by default. The token may be in WEIR_TOKEN. */
export async function remoteWeir({ at, config }: RemoteOptions): Promise<Remote> {
  const { url, token } = config ? await fromConfig(config) : { url: at ?? DEFAULT_URL, token: undefined }
  const bearer = token ?? process.env.WEIR_TOKEN
  const headers = bearer ? { authorization: `Bearer ${bearer}` } : undefined
  return {
    url,
    async get(path, signal) {
      const answer = await fetch(new URL(path, url), { headers, signal }).catch((error) => {
        if (signal?.aborted) throw error
        const cause = (error as Error).cause ?? error
        throw new LinkError(
          `cannot reach weir at ${url}: ${reasonOf(cause)}; is it running? name its address by --at, or its file by --config`,
        )
      })
      if (answer.ok) return answer
      const said = (await answer.text()).trim().split('\n')[0].slice(0, 200)
      const remedy =
        answer.status === 401 ? '; put the token into WEIR_TOKEN, or name the configuration by --config' : ''
      throw new LinkError(`cannot ask weir at ${url}: it answered ${answer.status}: ${said}${remedy}`)
    },
  }
}

async function fromConfig(file: string): Promise<{ url: string; token?: string }> {
  const { http } = await loadConfig([file], { components })
  if (!http) throw new ConfigError([{ path: 'http', message: `cannot ask it: ${file} sets \`http: false\`` }])
  // Whoever listens on all addresses listens on loopback too.
  const host = http.host === '0.0.0.0' ? '127.0.0.1' : http.host === '::' ? '::1' : http.host
  const name = host.includes(':') ? `[${host}]` : host
  return { url: `http://${name}:${http.port}`, ...(http.token && { token: http.token }) }
}
