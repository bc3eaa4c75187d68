import type { Row } from './model.js'

/** Draws a row's small line: newest value at the right, a gap where a window is missing. */
export function drawSpark(canvas: HTMLCanvasElement, { spark, head }: Row, colour: string): void {
  const ratio = window.devicePixelRatio || 1
  const [width, height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio]
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')!
  context.clearRect(0, 0, width, height)
  if (!spark || spark.timesS.length === 0) return
  const { timesS, values } = spark
  const known = values.filter((value) => value !== null)
  const [low, high] = [Math.min(...known), Math.max(...known)]
  const end = timesS[timesS.length - 1]
  const from = Math.min(timesS[0], end - 20 * head.everyS)
  const x = (timeS: number) => 2 * ratio + ((timeS - from) / (end - from || 1)) * (width - 6 * ratio)
  const y = (value: number) =>
    high > low ? height - 3 * ratio - ((value - low) / (high - low)) * (height - 6 * ratio) : height / 2
  context.strokeStyle = context.fillStyle = colour
  context.lineWidth = 1.5 * ratio
  context.beginPath()
  let before = Number.NaN
  timesS.forEach((timeS, i) => {
    const value = values[i]
    if (value === null) return
    if (timeS - before <= 1.5 * head.everyS) context.lineTo(x(timeS), y(value))
    else context.moveTo(x(timeS), y(value))
    before = timeS
  })
  context.stroke()
  const last = values[values.length - 1]
  if (last === null) return
  context.beginPath()
  context.arc(x(end), y(last), 2.2 * ratio, 0, 2 * Math.PI)
  context.fill()
}
