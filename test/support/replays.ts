import assert from 'node:assert/strict'
import { components } from '../../src/components.js'
import { parseConfig } from '../../src/config/parse.js'
import { SystemClock } from '../../src/engine/clock.js'
import { imbalance } from '../../src/model/ledger.js'
import { type Log, silent } from '../../src/model/log.js'
import type { Plan } from '../../src/model/plan.js'
import { type Played, type PlayOptions, play } from '../../src/recording/player.js'
import { Side } from '../../src/recording/side.js'
import { readerOf } from './recordings.js'

/** The plan of a configuration whose points a test takes itself. */
export function planOf(config: object): Plan {
  const environment = { env: {}, hostname: 'test', cores: 2, readText: () => '', pointsTaken: true }
  return parseConfig(config, components, environment)
}

export interface Replayed {
  /** Final points, one text each, in the order in which they came. */
  points: string[]
  played: Played
  side: Side
}

/** Plays a recording through a configuration; the points that are final. The ledger must balance. */
export async function replayed(
  bytes: Buffer,
  config: object,
  options: Partial<PlayOptions> & { partial?: boolean; log?: Log; handOverMs?: number } = {},
): Promise<Replayed> {
  const { partial = false, log = silent, handOverMs, ...given } = options
  const reader = await readerOf(bytes, 10_000)
  const points: string[] = []
  const side = new Side(planOf(config), reader.header, {
    components,
    log,
    outsideClock: new SystemClock(),
    partial,
    handOverMs,
    onFinalPoints({ measurement, timeUs, lines, device, firstField, field, value }) {
      for (let i = 0; i < lines; i++) {
        const fields = []
        for (let f = firstField[i]; f < firstField[i + 1]; f++) fields.push(`${field[f].name}=${value[f]}`)
        const tags = device[i].tags.map(([name, text]) => `,${name}=${text}`)
        points.push(`${measurement}${tags.join('')} ${fields.join(',')} ${timeUs}`)
      }
    },
  })
  await side.gateway.start()
  const played = await play(reader, [side], {
    speed: Number.POSITIVE_INFINITY,
    clock: new SystemClock(),
    signal: new AbortController().signal,
    ...given,
  })
  await side.gateway.stop({ graceful: true })
  for (const { frames, samples } of side.gateway.status().sources) {
    assert.equal(imbalance.frames(frames), 0, JSON.stringify(frames))
    assert.equal(imbalance.samples(samples), 0, JSON.stringify(samples))
  }
  return { points, played, side }
}
