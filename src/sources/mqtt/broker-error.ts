import { ReasonCodes } from 'mqtt'
import { LinkError, reasonOf, WeirError } from '../../model/errors.js'

/** Who talks to whom, for messages. */
export interface BrokerName {
  source: string
  url: string
  clientId: string
  username?: string
}

const WRONG_LOGIN = new Set([4, 134])
const NOT_ALLOWED = new Set([5, 135])
const TAKEN_OVER = 142

const REMEDIES: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there; check `url`, and that the broker runs',
  ENOTFOUND: 'no such host; check `url`',
  EAI_AGAIN: 'the name service does not answer',
  ETIMEDOUT: 'no answer; check `url` and the network',
  EHOSTUNREACH: 'no route; check `url` and the network',
  ECONNRESET: 'the connection was reset; does the broker expect TLS (mqtts://) or not (mqtt://)?',
  EPROTO: 'no TLS spoken there; check `url`: mqtts:// is for TLS ports, often 8883',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself; give it as `ca`',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here; give its certificate as `ca`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here; give its certificate as `ca`',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known here; give its certificate as `ca`',
  CERT_HAS_EXPIRED: "the broker's certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; set `servername`',
}

/** Puts what went wrong with a broker into words, without secrets. */
export function brokerError(name: BrokerName, error: unknown): WeirError {
  if (error instanceof WeirError) return error
  const code = (error as { code?: string | number }).code
  const who = `source "${name.source}"`
  const as = name.username === undefined ? 'without a user name' : `as user "${name.username}"`
  if (typeof code === 'number' && WRONG_LOGIN.has(code))
    return new LinkError(
      `${who} cannot log in to ${name.url} ${as}: wrong user name or password; check its \`username\` and \`password\``,
    )
  if (typeof code === 'number' && NOT_ALLOWED.has(code))
    return new LinkError(
      `${who} cannot log in to ${name.url} ${as}: the broker does not allow it; check its \`username\`, \`password\` and the broker's access list`,
    )
  const remedy = typeof code === 'string' ? REMEDIES[code] : undefined
  return new LinkError(`${who} cannot reach ${name.url}: ${remedy ?? reasonOf(error)}`, { cause: error })
}

/** What a DISCONNECT of the broker says, MQTT 5.0 §3.14.2.1. */
export function disconnected(name: BrokerName, code: number): LinkError {
  if (code === TAKEN_OVER)
    return new LinkError(
      `source "${name.source}" was cut off by ${name.url}: session taken over, another client logged in with the client id "${name.clientId}"; ` +
        'likely a second weir with the same `gateway` name, the same configuration running twice, or another program with this id; ' +
        'give each gateway its own `gateway`, or set `clientId`',
    )
  return new LinkError(
    `source "${name.source}" was cut off by ${name.url}: ${ReasonCodes[code as keyof typeof ReasonCodes] || 'no reason given'}, code ${code}`,
  )
}

/** What a connection closed without a word may mean. */
export function closed(name: BrokerName): LinkError {
  return new LinkError(
    `source "${name.source}" lost ${name.url}: the broker closed the connection; if it goes on so, the broker was restarting, ` +
      `or another client uses the client id "${name.clientId}" (two gateways of one name, one configuration running twice) and the two take over each other's session`,
  )
}
