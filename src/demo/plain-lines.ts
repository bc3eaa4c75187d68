import type { Points } from '../model/points.js'
import { clockText, deviceText } from './live-series.js'

/** Points as lines of plain text: `12:00:01 press-1 power_mean=1234.5 power_max=1300`. */
export function plainLines(points: Points): string {
  const at = clockText(points.timeUs)
  let text = ''
  for (let i = 0; i < points.lines; i++) {
    text += `${at} ${deviceText(points.device[i].tags)}`
    for (let j = points.firstField[i]; j < points.firstField[i + 1]; j++)
      text += ` ${points.field[j].name}=${Number(points.value[j].toPrecision(6))}`
    text += points.correction[i] ? ' (corrected)\n' : '\n'
  }
  return text
}
