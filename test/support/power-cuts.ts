// Ends runs of a gateway where it hurts, lets it go on, and says what is not as it must be.
import { parseLine } from '../formats/line-protocol.js'
import { model } from '../window/model.js'
import { begin, FRAMES, linesOf, message, type Run, run, type World, worldAt } from './power-runs.js'

export interface Cuts {
  durability: 'power' | 'process'
  /** Numbers from 0 to below 1. */
  random: () => number
  /** Operation of the first run's disk behind which it ends; else anywhere. */
  upTo?: number
}

const MOST_ENDS = 3

/** Lines by key, the last of each. */
export const last = (lines: readonly string[]): Map<string, string> => new Map(lines.map((line) => keyed(line)))

function keyed(line: string): [string, string] {
  const [head, fields, time] = line.split(' ')
  return [`${head} ${time}`, fields!]
}

/** A first run without end, or one that is stopped in order on its way and goes on. */
export async function firstRun({ durability, random }: Cuts, isStopped: boolean): Promise<Run> {
  if (!isStopped) return run(durability, begin(), random)
  const stopped = await run(durability, begin(), random, 10 + Math.floor(random() * 80))
  const { disk } = stopped.world
  return run(durability, worldAt(stopped, disk.operations, disk.kill(), 0, 100), random)
}

/** Ends a run behind one of its operations, and all that go on with it, but the last. The answer also says where, in words. */
export async function cut(first: Run, { durability, random, upTo }: Cuts): Promise<{ end: Run; where: string }> {
  const trace: string[] = []
  let at = first
  for (let ends = 0; ends === 0 || (ends < MOST_ENDS && random() < 0.4); ends++) {
    const world = ending(at, { durability, random, ...(ends === 0 && upTo !== undefined && { upTo }) }, trace)
    at = await run(durability, world, random)
  }
  return { end: at, where: trace.join(', then ') }
}

function ending(at: Run, { durability, random, upTo }: Cuts, trace: string[]): World {
  const { disk } = at.world
  // The first operations of a run are those of its recovery.
  const share = random() < 0.3 ? random() ** 4 : random()
  const end = upTo ?? at.from + Math.floor(share * (disk.operations - at.from + 1))
  const style = random()
  const isKilled = durability === 'process' || style < 0.2
  const pick = style < 0.3 ? 'everything' : style < 0.5 ? 'nothing' : random
  const how = isKilled ? 'killed' : typeof pick === 'string' ? `${pick} survives` : 'some survives'
  const change = disk.changes[end - 1]
  trace.push(`${how} behind ${end} of ${at.from} to ${disk.operations} (${change?.what} ${change?.path})`)
  const left = isKilled ? disk.kill(end) : disk.crash({ upTo: end, pick })
  return worldAt(at, end, left, Math.floor(random() * 3), random() < 0.5 ? 0 : random() * 5000)
}

/** What is not as in the whole run, in words: every message counts once, lines have the same bytes, no damage. */
export function wrong({ end, whole }: { end: Run; whole: ReadonlyMap<string, string> }): string[] {
  const found = [...end.rig.gateway.status().alarms]
  const lines = linesOf(end)
  const final = last(lines)
  for (const [key, fields] of whole)
    if (final.get(key) !== fields) found.push(`${key}: ${final.get(key)}, not ${fields}`)
  for (const key of final.keys()) if (!whole.has(key)) found.push(`${key}: too much`)
  const { frames } = end.rig.gateway.status().sources[0]!
  if (frames.decoded !== FRAMES || frames.in !== FRAMES + frames.duplicate) found.push(JSON.stringify(frames))
  const emitted = new Map<string, string>()
  for (const line of lines) {
    const count = parseLine(line).fields.get('v_count')?.value
    if (count === undefined) continue
    const [key, fields] = keyed(line)
    const known = emitted.get(`${key} ${count}`) ?? fields
    if (known !== fields) found.push(`${key}: ${known}, and emitted again ${fields}`)
    emitted.set(`${key} ${count}`, fields)
  }
  return found
}

/** What differs between a run and what the messages say by brute force, in words. */
export function differences({ rig, world, events }: Run): string[] {
  const found: string[] = []
  const final = last([...world.lines, ...events.flatMap(({ line }) => line ?? [])])
  const samples = Array.from({ length: FRAMES }, (_, i) => {
    const { device, timeMs, value, arrivalMs } = message(i)
    return { device, field: 'v', timeUs: timeMs * 1000, value, arrivalUs: arrivalMs * 1000 }
  })
  const { waitUs, aheadUs } = rig.plan.sources[0]!
  for (const window of rig.plan.windows) {
    const rules = { finite: false, waitUs, aheadUs, untilUs: rig.clock.nowUs() }
    const { points } = model(samples, window, rules)
    const expected = new Map(points)
    const lines = [...final].filter(([key]) => key.startsWith(`${window.name},`))
    for (const [key, fields] of lines) {
      const { tags, time, fields: values } = parseLine(`${key.split(' ')[0]} ${fields} ${key.split(' ')[1]}`)
      const point = `${Number(time) / 1000} ${tags.get('device')}`
      const wanted = expected.get(point)
      expected.delete(point)
      for (const [name, { value, tolerance }] of wanted ?? [])
        if (!(Math.abs((values.get(name)?.value ?? Number.NaN) - value) <= tolerance))
          found.push(`${window.name} ${point} ${name}: ${values.get(name)?.value}, not ${value}`)
      if (!wanted || wanted.size !== values.size) found.push(`${window.name} ${point}: ${fields}`)
    }
    for (const point of expected.keys()) found.push(`${window.name} ${point} is missing`)
    if (lines.length === 0) found.push(`${window.name} has nothing`)
  }
  return found
}
