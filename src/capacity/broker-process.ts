// The demo's broker as a process of its own: tells its address, answers each line with the CPU it has taken, and ends with whoever
// started it.
import { createInterface } from 'node:readline'
import { startBroker } from '../demo/broker.js'

const { url } = await startBroker()
process.stdout.write(`${JSON.stringify({ url })}\n`)
createInterface({ input: process.stdin })
  .on('line', () => {
    const { user, system } = process.cpuUsage()
    process.stdout.write(`${user + system}\n`)
  })
  .once('close', () => process.exit())
