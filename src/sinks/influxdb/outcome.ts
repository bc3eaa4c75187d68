import type { SendResult } from '../../model/sink.js'
import type { Answer } from './post.js'

/** Who writes what where, for messages; no secrets. */
export interface Target {
  /** As `database "plant"`. */
  store: string
  /** Server without path and query. */
  server: string
  /** Who is refused at 401 and 403, as `user "weir"`. */
  who: string
  /** What to look at then. */
  remedy: string
  /** What to do when the store is missing. */
  missing: string
}

const MAX_WORDS = 512

/** The server's own words out of its answer: the message of its JSON, else the text; one line, bounded. */
export function wordsOf(answer: Answer): string {
  let words = answer.text
  try {
    const json = JSON.parse(answer.text)
    words = String(json.error ?? json.message ?? answer.text)
  } catch {}
  return words.replace(/\s+/g, ' ').trim().slice(0, MAX_WORDS)
}

/** What an answer to a write means for the lane. */
export function outcomeOf(answer: Answer, target: Target): SendResult {
  const { status } = answer
  if (status >= 200 && status < 300) return { outcome: 'ok' }
  const words = wordsOf(answer)
  if (status === 400 || status === 413 || status === 422)
    return { outcome: 'refused', why: `${target.server} answers ${status}${words && `: ${words}`}` }
  const cannot = `cannot write to ${target.store} at ${target.server}`
  const retry = (why: string): SendResult => ({ outcome: 'retry', why: `${cannot}: ${why}`, ...retryAfter(answer) })
  if (status === 401 || status === 403) return retry(`the server refuses ${target.who} (${status}); ${target.remedy}`)
  if (status === 404) return retry(`the server answers 404${words && `: ${words}`}; ${target.missing}`)
  if (status >= 300 && status < 400)
    return retry(`the server answers ${status} and points elsewhere; set \`url\` to the final address`)
  return retry(`the server answers ${status}${words && `: ${words}`}`)
}

/** `Retry-After` in seconds or as a date, against the answer's own `Date` so that our clock does not matter. */
function retryAfter({ headers }: Answer): { afterMs?: number } {
  const text = headers['retry-after']
  if (text === undefined) return {}
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.parse(headers.date ?? '')
  return ms > 0 ? { afterMs: ms } : {}
}
