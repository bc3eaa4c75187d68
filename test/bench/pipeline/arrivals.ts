// Stands before the database, as a process of its own: passes everything on, and notes of each point how long after the
// end of its window it was here as a whole.
// arrivals.js DATABASE_PORT WINDOW_MS; tells its port, then answers each line of stdin with what arrived since the last.
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { gunzipSync } from 'node:zlib'

/** How long after the end of their windows points arrived, ms. */
export interface Arrivals {
  points: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  mostMs: number
}

const MOST_MS = 60_000
const [databasePort, windowMs] = process.argv.slice(2).map(Number)
const agent = new Agent({ keepAlive: true })
/** Points by whole ms of their delay. */
let delays = new Uint32Array(MOST_MS + 1)

function note(body: Buffer, nowMs: number): void {
  let end = body.length
  while (end > 0) {
    if (body[end - 1] === 10) end--
    const start = body.lastIndexOf(10, end - 1) + 1
    const space = body.lastIndexOf(32, end - 1)
    const delayMs = nowMs - (Number(body.toString('latin1', space + 1, end)) / 1e6 + windowMs)
    delays[Math.max(0, Math.min(MOST_MS, Math.round(delayMs)))]++
    end = start
  }
}

function summary(): Arrivals {
  const points = delays.reduce((sum, count) => sum + count, 0)
  const at = (part: number): number => {
    let left = Math.ceil(points * part)
    for (let ms = 0; ms <= MOST_MS; ms++) if ((left -= delays[ms]) <= 0) return points > 0 ? ms : 0
    return MOST_MS
  }
  return { points, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), mostMs: at(1) }
}

const server = createServer(async (incoming, answer) => {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece)
  const body = Buffer.concat(pieces)
  if (incoming.url!.startsWith('/write'))
    note(incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body, Date.now())
  const { method, url: path, headers } = incoming
  const onward = request({ agent, port: databasePort, host: '127.0.0.1', method, path, headers }, (from) => {
    answer.writeHead(from.statusCode!, from.headers)
    from.pipe(answer)
  })
  onward.on('error', () => incoming.socket.destroy())
  onward.end(body)
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
createInterface({ input: process.stdin })
  .on('line', () => {
    console.log(JSON.stringify(summary()))
    delays = new Uint32Array(MOST_MS + 1)
  })
  .on('close', () => process.exit())
