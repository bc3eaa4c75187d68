import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLine } from '../formats/line-protocol.js'
import { draws } from '../support/orders.js'
import { begin, FRAMES, linesOf, type Run, run, worldAt } from '../support/power-runs.js'

const last = (lines: readonly string[]) =>
  new Map(
    lines.map((line) => {
      const [head, fields, time] = line.split(' ')
      return [`${head} ${time}`, fields!]
    }),
  )

function wrong(done: Run, whole: Map<string, string>): string[] {
  const found: string[] = []
  const lines = linesOf(done)
  const final = last(lines)
  for (const [key, fields] of whole)
    if (final.get(key) !== fields) found.push(`${key}: ${final.get(key)} for ${fields}`)
  for (const key of final.keys()) if (!whole.has(key)) found.push(`${key}: too much`)
  const { frames } = done.rig.gateway.status().sources[0]!
  if (frames.decoded !== FRAMES) found.push(`${JSON.stringify(frames)}`)
  found.push(...done.rig.gateway.status().alarms)
  const byCount = new Map<string, string>()
  for (const line of lines) {
    const [head, fields, time] = line.split(' ')
    const count = parseLine(line).fields.get('v_count')?.value
    if (count === undefined) continue
    const key = `${head} ${time} ${count}`
    if ((byCount.get(key) ?? fields) !== fields) found.push(`${key}: ${fields} after ${byCount.get(key)}`)
    byCount.set(key, fields!)
  }
  return found
}

for (const durability of ['power', 'process'] as const)
  test(`x ${durability}`, async () => {
    const random = draws(Number(process.env.SEED ?? 5))
    const first = await run(durability, begin(), random)
    const whole = last(linesOf(first))
    assert.deepEqual(wrong(first, whole), [])
    let bad = 0
    const from = Date.now()
    let n = 0
    for (let k = 0; k < Number(process.env.N ?? 60); k++) {
      const trace: string[] = []
      let at = first
      if (random() < 0.3) {
        at = await run(durability, begin(), random, 10 + Math.floor(random() * 80))
        const stopped = worldAt(
          at,
          Infinity,
          at.world.disk.crash({ pick: durability === 'process' ? 'everything' : 'nothing' }),
          0,
          100,
        )
        at = await run(durability, stopped, random)
        trace.push('stopped')
      }
      try {
        for (let depth = 0; depth < 3; depth++) {
          const upTo = Math.floor((random() < 0.3 ? random() ** 4 : random()) * (at.world.disk.operations + 1))
          const style = random()
          const pick = durability === 'process' || style < 0.1 ? 'everything' : style < 0.3 ? 'nothing' : random
          const change = at.world.disk.changes[upTo - 1]
          trace.push(`${upTo} ${change?.what} ${change?.path} ${typeof pick === 'string' ? pick : 'random'}`)
          const disk = at.world.disk.crash({ upTo, pick })
          const world = worldAt(at, upTo, disk, Math.floor(random() * 3), random() < 0.5 ? 0 : random() * 5000)
          n++
          if (process.env.V) console.log(n, trace.at(-1), world.acknowledged.size, world.sent.size, world.nowUs)
          at = await run(durability, world, random)
          const found = wrong(at, whole)
          if (found.length > 0) {
            throw new Error(`${found.slice(0, 4).join('\n')} (${found.length})`)
          }
          if (random() < 0.5) break
        }
      } catch (error) {
        bad++
        if (bad < 6) console.log(k, trace.join(' | '), String((error as Error).stack))
      }
    }
    console.log(n, 'runs', bad, 'bad', Date.now() - from, 'ms')
  })
