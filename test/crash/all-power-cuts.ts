// Ends runs of a gateway behind each operation of their disks: `node build/test/crash/all-power-cuts.js [seed]`. Takes minutes.
import { draws } from '../support/orders.js'
import { cut, differences, firstRun, last, wrong } from '../support/power-cuts.js'
import { linesOf } from '../support/power-runs.js'

const seed = Number(process.argv[2] ?? 1)
const random = draws(seed)
let bad = 0
const say = (text: string) => process.stdout.write(`${text}\n`)
for (const durability of ['power', 'process'] as const)
  for (const isStopped of [false, true]) {
    const whole = await firstRun({ durability, random }, false)
    const begun = await firstRun({ durability, random }, isStopped)
    for (const problem of differences(begun)) say(`${++bad}: a whole run: ${problem}`)
    const expected = last(linesOf(whole))
    const { operations } = begun.world.disk
    for (let upTo = begun.from; upTo <= operations; upTo++) {
      try {
        const { end, where } = await cut(begun, { durability, random, upTo })
        const problems = wrong({ end, whole: expected })
        if (problems.length > 0) say(`${++bad}: ${where}: ${problems.slice(0, 3).join('; ')}`)
      } catch (error) {
        say(`${++bad}: behind ${upTo}: ${(error as Error).stack}`)
      }
    }
    say(
      `${durability}${isStopped ? ', stopped on the way' : ''}: ended behind each of ${operations - begun.from + 1} operations`,
    )
  }
say(`seed ${seed}: ${bad} wrong`)
process.exitCode = bad > 0 ? 1 : 0
