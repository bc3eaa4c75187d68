// The plain way in Node: mqtt.js, JSON.parse, a Map of accumulators, the influx package. Its own process.
// baseline.js MQTT_PORT INFLUX_PORT QOS FIELDS MS_BETWEEN_SAMPLES
import { InfluxDB } from 'influx'
import { connect } from 'mqtt'

const [mqttPort, influxPort, qos, names, stepMs] = process.argv.slice(2)
const influx = new InfluxDB({ host: '127.0.0.1', port: Number(influxPort), database: 'baseline' })
interface Sums {
  device: string
  second: number
  fields: Record<string, number>
}
type Sample = Record<string, number>
const open = new Map<string, Sums>()
const fields = names.split(',')
const step = Number(stepMs)

function add(f: Record<string, number>, name: string, x: number): void {
  const n = f[`${name}_count`] ?? 0
  f[`${name}_count`] = n + 1
  f[`${name}_sum`] = (f[`${name}_sum`] ?? 0) + x
  f[`${name}_min`] = n === 0 ? x : Math.min(f[`${name}_min`], x)
  f[`${name}_max`] = n === 0 ? x : Math.max(f[`${name}_max`], x)
  const mean = f[`${name}_mean`] ?? 0
  f[`${name}_mean`] = mean + (x - mean) / (n + 1)
  f[`${name}_m2`] = (f[`${name}_m2`] ?? 0) + (x - mean) * (x - f[`${name}_mean`])
}

function sumsAt(device: string, ms: number): Record<string, number> {
  const second = Math.floor(ms / 1000)
  const key = `${device} ${second}`
  let sums = open.get(key)
  if (!sums) open.set(key, (sums = { device, second, fields: {} }))
  return sums.fields
}

const client = connect(`mqtt://127.0.0.1:${mqttPort}`, { log: () => {} })
client.on('message', (topic, payload) => {
  const message = JSON.parse(payload.toString()) as Sample | Sample[] | { ts: number; temp: number[] }
  const device = topic.split('/')[1]
  if (Array.isArray(message)) for (const { ts, temp } of message) add(sumsAt(device, ts), 'temp', temp)
  else if (Array.isArray(message.temp))
    message.temp.forEach((temp, i) => {
      add(sumsAt(device, message.ts + i * step), 'temp', temp)
    })
  else {
    const f = sumsAt(device, message.ts)
    for (const name of fields) add(f, name, (message as Sample)[name])
  }
})
client.on('connect', () =>
  client.subscribe('sensors/+/data', { qos: Number(qos) as 0 | 1 }, () => console.error('ready')),
)

setInterval(() => {
  const due = Math.floor(Date.now() / 1000) - 1
  const points = []
  for (const [key, { device, second, fields: f }] of open) {
    if (second >= due) continue
    open.delete(key)
    points.push({ measurement: 'second', tags: { device }, fields: f, timestamp: new Date(second * 1000) })
  }
  if (points.length) influx.writePoints(points).catch((error) => console.error(String(error)))
}, 1000)
