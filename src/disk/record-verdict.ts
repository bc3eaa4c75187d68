import { isBefore, type LogPosition, later, type SegmentHead } from './record-format.js'
import type { SegmentFound } from './record-segment.js'

/** What a segment must say of itself. */
export interface Wanted {
  what: string
  /** Undefined: whoever's. */
  gateway: string | undefined
  /** This boot of the machine. */
  bootId: string
}

/** What becomes of a segment. */
export interface Verdict {
  found: SegmentFound
  /**
   * whole: all that counts of it is there. void: it was written again elsewhere. torn: the process or power went while it was
   * written, and nobody rested on it. damaged: something that was safe is not there, or it is another's.
   */
  is: 'whole' | 'void' | 'torn' | 'damaged'
  /** Its records count up to here, bytes from its start; 0: none does. */
  end: number
  /** What is wrong with it and where, if it is torn or damaged. */
  offset: number
  why: string
}

export interface Judgement {
  verdicts: Verdict[]
  /** Of the log; undefined where no segment of it is known. */
  head: SegmentHead | undefined
  /** Where the log begins: what was before was removed in order. */
  begin: LogPosition | undefined
}

/** Which of the segments that were found count, and how far. They are in the order of their numbers. */
export function judge(found: readonly SegmentFound[], wanted: Wanted): Judgement {
  const id = found.find((one) => one.head && foreignness(one, wanted) === undefined)?.head?.id
  const verdicts = new Map<SegmentFound, Verdict>()
  const own: { found: SegmentFound; limit: number | undefined }[] = []
  // Backwards, since a segment says how much counts of those before it.
  let cut: LogPosition | undefined
  for (const one of [...found].reverse()) {
    const why = foreignness(one, wanted, id)
    if (why !== undefined) verdicts.set(one, { found: one, is: 'damaged', end: 0, offset: 0, why })
    else if (cut && one.segment > cut.segment) verdicts.set(one, { found: one, is: 'void', end: 0, offset: 0, why: '' })
    else {
      own.unshift({ found: one, limit: cut?.segment === one.segment ? cut.offset : undefined })
      cut = one.head?.after
    }
  }
  judgeOwn(own, wanted, verdicts)
  const [oldest] = own
  return {
    verdicts: found.map((one) => verdicts.get(one) as Verdict),
    head: own.find(({ found }) => found.head)?.found.head,
    begin: oldest && (oldest.found.head?.after ?? { segment: oldest.found.segment, offset: 0 }),
  }
}

function judgeOwn(
  own: readonly { found: SegmentFound; limit: number | undefined }[],
  wanted: Wanted,
  verdicts: Map<SegmentFound, Verdict>,
): void {
  let last: LogPosition | undefined
  for (const [i, { found, limit }] of own.entries()) {
    const after = found.head?.after.segment
    const isGap = last !== undefined && after !== undefined && after !== last.segment
    const end = Math.min(found.goodBytes, limit ?? found.goodBytes)
    const why = isGap
      ? `segments before it are missing, from ${last!.segment + 1} on`
      : limit === undefined
        ? found.problem?.why
        : end < limit
          ? (found.problem?.why ?? `it ends here; there were ${limit} bytes`)
          : undefined
    if (why === undefined) {
      verdicts.set(found, { found, is: 'whole', end, offset: 0, why: '' })
      last = { segment: found.segment, offset: end }
      continue
    }
    // From here on nothing counts.
    const rest = own.slice(i).map((one) => one.found)
    const from = isGap ? last! : { segment: found.segment, offset: end }
    const claims = rest.map((one) => (isBelieved(one, wanted) ? one.claims : from)).reduce(later)
    const isTorn = rest.every(({ problem }) => problem?.isTorn ?? true) && !isBefore(from, claims)
    const is = isTorn ? 'torn' : 'damaged'
    const offset = isGap ? 0 : (found.problem?.offset ?? end)
    verdicts.set(found, { found, is, end: isGap ? 0 : end, offset, why })
    for (const one of rest.slice(1)) {
      const why =
        one.problem?.isTorn === false
          ? one.problem.why
          : `it follows byte ${offset} of "${found.path}", where ${isTorn ? 'the log was torn' : 'the log is damaged'}`
      verdicts.set(one, { found: one, is, end: 0, offset: 0, why })
    }
    return
  }
}

/** Why a segment is not of this log; undefined where it is, or does not say. */
function foreignness({ head, segment }: SegmentFound, wanted: Wanted, id = head?.id): string | undefined {
  if (!head) return undefined
  if (wanted.gateway !== undefined && head.gateway !== wanted.gateway) return `it is of gateway "${head.gateway}"`
  if (head.what !== wanted.what) return `it is of a ${head.what}, not of a ${wanted.what}`
  if (head.segment !== segment) return `it is segment ${head.segment}; its name says another`
  if (head.id !== id) return `it is of another ${wanted.what}`
  return undefined
}

/** What a segment says was safe was so over the end of power, or there was none since. */
function isBelieved({ head }: SegmentFound, { bootId }: Wanted): boolean {
  return !head || head.durable || head.boot === bootId
}
