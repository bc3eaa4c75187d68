// The demo's broker as a process of its own: tells its address, and ends with whoever started it.
import { startBroker } from '../demo/broker.js'

const { url } = await startBroker()
process.stdout.write(`${JSON.stringify({ url })}\n`)
process.stdin.resume().once('end', () => process.exit())
