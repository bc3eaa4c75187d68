import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { isLoopback as isLoopbackAddress } from '../config/top-schema.js'
import type { HttpPlan } from '../model/plan.js'

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

const COOKIE = 'weir'
const COOKIE_DAYS = 90

/** True for names and addresses that only this machine reaches, in any spelling that a request may use. */
export function isLoopback(host: string): boolean {
  return isLoopbackAddress(host.replace(/^\[|\]$/g, '').toLowerCase())
}

/**
 * Decides who is answered. The Host header must name this machine, against pages that rebind their DNS name to it, and no
 * other site's page may ask. Off loopback, and wherever a token is set, every request must bear it, or the cookie that
 * `loginCookie` makes of it.
 */
export function refusalOf(
  request: GuardedRequest,
  plan: Pick<HttpPlan, 'host' | 'token' | 'hosts'>,
): Refusal | undefined {
  const { method, headers } = request
  const { host, token, hosts = [] } = plan
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'only GET and HEAD are answered\n' }
  if (Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'])
    return { status: 413, text: 'no request here has a body\n' }
  const named = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(headers.host ?? '')?.[1].toLowerCase()
  if (isLoopback(host)) {
    if (!named || !(isLoopback(named) || hosts.includes(named)))
      return { status: 403, text: 'the Host header does not name this machine; ask for localhost or 127.0.0.1\n' }
  } else if (!named || !namesThisMachine(named, hosts))
    return {
      status: 403,
      text: 'the Host header names none of the names of this machine; ask for its address, or list the name in http.hosts\n',
    }
  if (headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate')
    return { status: 403, text: 'a page of another site may not ask here\n' }
  if (token === undefined) {
    if (isLoopback(host)) return undefined
  } else {
    const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]
    if (given !== undefined && equalSecrets(given, token)) return undefined
    const cookie = new RegExp(`(?:^|; *)${COOKIE}=([0-9a-f]+)`).exec(headers.cookie ?? '')?.[1]
    if (cookie !== undefined && equalSecrets(cookie, cookieValue(token))) return undefined
  }
  return { status: 401, text: 'a request here needs "Authorization: Bearer" and the token of the configuration\n' }
}

/** A cookie that stands for the token in a browser; the token can't be read from it. */
export function loginCookie(token: string): string {
  return `${COOKIE}=${cookieValue(token)}; HttpOnly; SameSite=Lax; Path=/; Max-Age=${COOKIE_DAYS * 86_400}`
}

const cookieValue = (token: string) => createHmac('sha256', token).update('weir page').digest('hex')

/** Addresses can't be rebound; names must be known. */
function namesThisMachine(named: string, hosts: readonly string[]): boolean {
  const own = hostname().toLowerCase()
  const [short] = own.split('.')
  if (isIP(named.replace(/^\[|\]$/g, ''))) return true
  return [own, short, `${short}.local`, 'localhost', ...hosts.map((name) => name.toLowerCase())].includes(named)
}

/** Compares in a time that tells nothing of where the two differ, nor of their lengths. */
function equalSecrets(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
