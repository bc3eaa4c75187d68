/** Why a rate is not carried. */
export type Trouble =
  /** The broker of the measurement took less than that, or was what all waited for. */
  | 'broker'
  /** Messages that never came to weir, or were dropped there. */
  | 'lost'
  /** It was too far behind when the last message was on its way. */
  | 'late'
  /** A core was busy with it. */
  | 'busy'

/** One rate, tried for a while. */
export interface Trial {
  /** Messages a second that it was asked to carry. */
  rate: number
  /** Those that were sent in fact. */
  sentRate: number
  /** CPU of weir's process a message, µs, and as a part of a core. */
  usEach: number
  core: number
  /** CPU of the broker, as a part of a core. */
  brokerCore: number
  /** Until all had been taken, from the last one's being on its way. */
  behindMs: number
  lost: number
  trouble?: Trouble
}

const FIRST = 1000
const MOST = 512_000
const HALVINGS = 2

/** Rates tried in order, doubled until one is not carried, then between the last two. */
export async function highestCarried(
  attempt: (rate: number) => Promise<Trial>,
): Promise<{ trials: Trial[]; best: Trial | undefined }> {
  const trials: Trial[] = []
  let best: Trial | undefined
  const isCarried = async (rate: number): Promise<boolean> => {
    const trial = await attempt(rate)
    trials.push(trial)
    if (trial.trouble) return false
    if (!best || best.rate < rate) best = trial
    return true
  }
  let rate = FIRST
  while (rate <= MOST && (await isCarried(rate))) rate *= 2
  let [low, high] = [best?.rate ?? 0, rate]
  for (let i = 0; i < HALVINGS && low > 0 && high <= MOST; i++) {
    const between = rounded(Math.sqrt(low * high))
    if (await isCarried(between)) low = between
    else high = between
  }
  return { trials, best }
}

/** Two digits are as exact as it gets. */
export function rounded(rate: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(rate)) - 1)
  return Math.round(rate / step) * step
}
