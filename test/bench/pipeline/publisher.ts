// A publisher that is never the bottleneck: MQTT packets written by hand, a burst every 5 ms. Its own process.
// publisher.js PORT RATE SECONDS DEVICES QOS; at its end prints { sent, sums } as JSON, the sums in hundredths.
import { connect } from 'node:net'

const [port, rate, seconds, devices, qos] = process.argv.slice(2).map(Number)
const socket = connect(port, '127.0.0.1')
socket.setNoDelay(true)
const id = `bench-${process.pid}`
socket.write(
  Buffer.concat([
    Buffer.from([0x10, 12 + id.length, 0, 4]),
    Buffer.from('MQTT'),
    Buffer.from([4, 2, 0, 0, 0, id.length]),
    Buffer.from(id),
  ]),
)

const sums = new Array<number>(devices).fill(0)
const topics = sums.map((_, d) => Buffer.from(`bench/d${1000 + d}/data`))
let sent = 0
let acked = 0

function packet(i: number): Buffer {
  const d = i % devices
  const temp = 1000 + ((i * 7919) % 4000)
  sums[d] += temp
  // The milliseconds carry a counter of the device, so that no two messages of a device are alike.
  const text = `{"ts":${Date.now()},"temp":${(temp / 100).toFixed(2)},"hum":${(400 + (i % 300)) / 10},"bat":3.712,"ok":true}`
  const topic = topics[d]
  const length = 2 + topic.length + (qos ? 2 : 0) + text.length
  const head = length < 128 ? [0x30 | (qos << 1), length] : [0x30 | (qos << 1), (length & 127) | 128, length >> 7]
  const packetId = (i % 65535) + 1
  return Buffer.concat([
    Buffer.from([...head, 0, topic.length]),
    topic,
    Buffer.from(qos ? [packetId >> 8, packetId & 255] : []),
    Buffer.from(text),
  ])
}

socket.once('data', () => {
  const startMs = performance.now()
  socket.on('data', (bytes) => {
    acked += bytes.length / 4
  })
  const timer = setInterval(() => {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - startMs) / 1000) * rate))
    const burst: Buffer[] = []
    while (sent < due && (qos === 0 || sent - acked < 20_000)) burst.push(packet(sent++))
    if (burst.length) socket.write(Buffer.concat(burst))
    if (sent < rate * seconds) return
    clearInterval(timer)
    socket.end(Buffer.from([0xe0, 0]), () => console.log(JSON.stringify({ sent, sums })))
  }, 5)
})
