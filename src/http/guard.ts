import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isLoopback as isLoopbackAddress } from '../config/top-schema.js'

/** Why a request is not answered. */
export interface Refusal {
  status: 400 | 401 | 403 | 405 | 413
  text: string
}

/** What the guard reads of a request. */
export interface GuardedRequest {
  method?: string
  headers: IncomingHttpHeaders
}

/** True for names and addresses that only this machine reaches, in any spelling that a request may use. */
export function isLoopback(host: string): boolean {
  return isLoopbackAddress(host.replace(/^\[|\]$/g, '').toLowerCase())
}

/**
 * Decides who is answered. On loopback the Host header must name this machine, against pages that rebind their DNS
 * name to it; off loopback, and wherever a token is set, every request must bear it.
 */
export function refusalOf(request: GuardedRequest, host: string, token?: string): Refusal | undefined {
  const { method, headers } = request
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'only GET and HEAD are answered\n' }
  if (Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'])
    return { status: 413, text: 'no request here has a body\n' }
  if (isLoopback(host)) {
    const named = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(headers.host ?? '')?.[1]
    if (!named || !isLoopback(named))
      return { status: 403, text: 'the Host header does not name this machine; ask for localhost or 127.0.0.1\n' }
    if (token === undefined) return undefined
  }
  const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]
  if (token !== undefined && given !== undefined && equalSecrets(given, token)) return undefined
  return { status: 401, text: 'a request here needs "Authorization: Bearer" and the token of the configuration\n' }
}

/** Compares in a time that tells nothing of where the two differ, nor of their lengths. */
function equalSecrets(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
