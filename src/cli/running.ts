import type { IncomingMessage } from 'node:http'
import { readHttpAddress } from '../config/http-address.js'
import { LinkError, reasonOf } from '../model/errors.js'
import type { HttpPlan } from '../model/plan.js'
import { visible } from '../observe/visible.js'

/** How the command line says which running weir is meant. */
export interface RunningOptions {
  at?: string
  config?: string[]
  token?: string
}

const DEFAULT_URL = 'http://127.0.0.1:9470'
/** How long the head of an answer may take, ms; and how long its words may be. */
const ANSWER_MS = 5000
const MOST_WORDS = 2000

/** A weir that runs in another process, asked through its status server. */
export class Running {
  constructor(
    readonly url: string,
    private readonly token?: string,
  ) {}

  /** The one that is meant. Rejects with a ConfigError. */
  static async find({ at, config, token }: RunningOptions): Promise<Running> {
    if (!config) return new Running(at ?? DEFAULT_URL, token)
    const plan = await readHttpAddress(config, token)
    return new Running(at ?? urlOf(plan), plan.token)
  }

  /** Asks for a path; resolves with the head of a good answer, its body to be read. Rejects with a LinkError. */
  async get(path: string, signal?: AbortSignal): Promise<IncomingMessage> {
    const url = new URL(path, this.url)
    const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }
      const asked = request(url, { headers, signal }, resolve)
      asked.setTimeout(ANSWER_MS, () => asked.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)))
      asked.on('error', (error) => reject(new LinkError(this.#unreached(error), { cause: error })))
      asked.on('response', () => asked.setTimeout(0))
      asked.end()
    })
    if (response.statusCode === 200) return response
    throw new LinkError(`cannot ask weir at ${this.url}: ${await refusal(response)}`)
  }

  /** The body of a path as text. Rejects with a LinkError. */
  async text(path: string, signal?: AbortSignal): Promise<string> {
    const response = await this.get(path, signal)
    let text = ''
    try {
      for await (const part of response.setEncoding('utf8')) text += part
    } catch (error) {
      throw new LinkError(`cannot read the answer of ${this.url}: ${reasonOf(error)}`, { cause: error })
    }
    return text
  }

  #unreached(error: NodeJS.ErrnoException): string {
    const why =
      error.code === 'ECONNREFUSED'
        ? 'nothing listens there'
        : error.code === 'ENOTFOUND'
          ? 'no such host'
          : error.message || String(error.code)
    return `cannot reach weir at ${this.url}: ${why}; start one with \`weir run\`, or say where it is with --at or --config`
  }
}

async function refusal(response: IncomingMessage): Promise<string> {
  let words = ''
  for await (const part of response.setEncoding('utf8')) if ((words += part).length > MOST_WORDS) break
  const said = visible(words.slice(0, MOST_WORDS).trim().split('\n')[0])
  switch (response.statusCode) {
    case 401:
      return 'it wants the token of its configuration; give --config FILE, or the token in the environment variable WEIR_TOKEN'
    case 404:
      return 'there is no such address; it may be no weir, or an older one'
    default:
      return `it refused (${response.statusCode}): ${said}`
  }
}

function urlOf({ host, port }: HttpPlan): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}
