// The kill harness at length, by name: npm run crash -- [KILLS] [--power] [--systemd] [--rate HZ] [--seed N]
import { parseArgs } from 'node:util'
import { killing } from '../support/killing.js'
import { systemdHost } from '../support/systemd-host.js'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    power: { type: 'boolean', default: false },
    systemd: { type: 'boolean', default: false },
    rate: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
  },
})
const kills = Number(positionals[0] ?? 20)
const rateHz = Number(values.rate)
const seed = Number(values.seed)
if (!(kills > 0 && rateHz > 0 && rateHz <= 1000 && seed >= 0)) {
  console.error('usage: npm run crash -- [KILLS] [--power] [--systemd] [--rate HZ, at most 1000] [--seed N]')
  process.exit(64)
}
const durability = values.power ? 'power' : 'process'

const ends: (() => unknown)[] = []
const scope = { after: (end: () => unknown) => void ends.push(end) }
let failed = true
try {
  const host = values.systemd ? await systemdHost(scope) : undefined
  const onKill = (n: number) => {
    if (n % 50 === 0) console.error(`${n} of ${kills}`)
  }
  const { messages, seconds, wrong } = await killing(scope, { kills, rateHz, seed, durability, host, onKill })
  failed = wrong.length > 0
  for (const what of wrong) console.log(what)
  const what = `${durability}${values.systemd ? ', under systemd' : ''}, seed ${seed}`
  console.log(`${what}: ${kills} kills, ${messages} messages, ${wrong.length} wrong, ${seconds} s`)
} finally {
  for (const end of ends.reverse()) await end()
}
process.exit(failed ? 1 : 0)
