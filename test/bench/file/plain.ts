// The plain way in Node to reduce a CSV file over 1 s windows: plain.js FILE
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

interface Sums {
  count: number
  sum: number
  min: number
  max: number
  mean: number
  m2: number
}
const windows = new Map<number, Sums>()
let first = true
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  if (first) {
    first = false
    continue
  }
  const [ts, value] = line.split(',')
  const x = Number(value)
  const second = Math.floor(Number(ts) / 1000)
  let s = windows.get(second)
  if (!s) windows.set(second, (s = { count: 0, sum: 0, min: x, max: x, mean: 0, m2: 0 }))
  s.count++
  s.sum += x
  if (x < s.min) s.min = x
  if (x > s.max) s.max = x
  const d = x - s.mean
  s.mean += d / s.count
  s.m2 += d * (x - s.mean)
}
let text = ''
for (const [second, s] of windows)
  text += `${second} ${s.count} ${s.sum} ${s.min} ${s.max} ${Math.sqrt(s.m2 / (s.count - 1))}\n`
process.stdout.write(text)
