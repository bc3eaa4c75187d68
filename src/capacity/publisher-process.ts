// Sends messages at a rate, its packets written by hand so that it costs little. First line of stdin: { url, recipes }; then an order a line,
// { rate, seconds }, each answered by { sent, seconds } once all are on their way; or when twice the time is over.
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { type MessageRecipe, payloadText } from './messages.js'
import { connectPacket, publishPacket } from './packets.js'

const BURST_MS = 5
const MOST_UNACKNOWLEDGED = 20_000
const PUBACK_BYTES = 4

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const next = async <T>(): Promise<T> => {
  const { value, done } = await lines.next()
  if (done) process.exit()
  return JSON.parse(value) as T
}

const { url, recipes } = await next<{ url: string; recipes: MessageRecipe[] }>()
const topics = recipes.map((recipe) => recipe.topics.map((topic) => Buffer.from(topic)))
const socket = connect(Number(new URL(url).port), '127.0.0.1')
socket.setNoDelay(true)
socket.on('error', () => process.exit(1)).on('close', () => process.exit())
socket.write(connectPacket(`weir-bench-${process.pid}`))
await once(socket, 'data')

let made = 0
let toAcknowledge = 0
let acknowledgedBytes = 0
socket.on('data', (bytes) => {
  acknowledgedBytes += bytes.length
})

function packet(): Buffer {
  const which = made % recipes.length
  const recipe = recipes[which]!
  const nth = Math.floor(made / recipes.length)
  const topic = topics[which]![nth % recipe.topics.length]!
  if (recipe.qos) toAcknowledge++
  // Of each device the messages are numbered without a gap.
  const number = Math.floor(nth / recipe.topics.length)
  made++
  return publishPacket(topic, payloadText(recipe, number, Date.now()), recipe.qos ? (toAcknowledge % 65_535) + 1 : 0)
}

async function run(rate: number, seconds: number): Promise<{ sent: number; seconds: number }> {
  const first = made
  const startMs = performance.now()
  const elapsedMs = () => performance.now() - startMs
  while (made - first < rate * seconds && elapsedMs() < seconds * 2000) {
    const due = first + Math.min(rate * seconds, Math.floor((elapsedMs() / 1000) * rate))
    const burst: Buffer[] = []
    while (made < due && toAcknowledge - acknowledgedBytes / PUBACK_BYTES < MOST_UNACKNOWLEDGED) burst.push(packet())
    // Where the broker takes no more, nothing is piled up here.
    if (burst.length > 0 && !socket.write(Buffer.concat(burst))) await once(socket, 'drain')
    else await pause(BURST_MS)
  }
  return { sent: made - first, seconds: elapsedMs() / 1000 }
}

for (;;) {
  const { rate, seconds } = await next<{ rate: number; seconds: number }>()
  process.stdout.write(`${JSON.stringify(await run(rate, seconds))}\n`)
}
