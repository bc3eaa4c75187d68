import type { Paint } from '../observe/paint.js'
import { countText } from '../observe/text-table.js'
import { visible } from '../observe/visible.js'
import type { CountedLine, FrameLine, PointLine, SampleLine, TailLine, UnseenLine } from './wire.js'

/** A column grows with what stands in it, so far. */
const WIDEST = 48

/** What a tail sends as lines for people: time, whence, what; nothing in them steers a terminal. */
export class TailText {
  readonly #paint: Paint
  readonly #widths: number[] = []

  constructor(paint: Paint) {
    this.#paint = paint
  }

  line(line: TailLine): string {
    if ('unseen' in line) return this.#note(unseenText(line))
    if ('counted' in line) return this.#note(countedText(line))
    if ('fate' in line) return this.#sample(line)
    if ('fields' in line) return this.#point(line)
    if ('channel' in line) return this.#frame(line)
    return visible(JSON.stringify(line))
  }

  #frame({ time, source, channel, text, hex, cut, retained, dup, bytes }: FrameLine): string {
    const marks = [...(retained ? ['retained'] : []), ...(dup ? ['dup'] : [])].map((mark) => `(${mark}) `).join('')
    const payload = hex === undefined ? visible(text ?? '') : `hex ${hex}`
    return this.#columns(time, [source, channel], `${marks}${payload}${cut ? `… (${countText(bytes)} bytes)` : ''}`)
  }

  #sample({ time, tags, field, value, unit, fate }: SampleLine): string {
    const reading = `${visible(field)}=${value === null ? 'not finite' : short(value)}${unit ? ` ${visible(unit)}` : ''}`
    return this.#columns(time, [tags.source, deviceText(tags)], reading, fate === 'reduced' ? '' : fate)
  }

  #point({ time, measurement, tags, fields, units = {}, correction }: PointLine): string {
    const readings = Object.entries(fields).map(
      ([name, value]) => `${visible(name)}=${short(value)}${units[name] ? ` ${visible(units[name])}` : ''}`,
    )
    const whence = [measurement, tags.source, deviceText(tags)]
    return this.#columns(time, whence, readings.join('  '), correction ? 'corrected' : '')
  }

  #columns(time: string, whence: readonly (string | undefined)[], what: string, remark = ''): string {
    const cells = whence.map((cell, i) => {
      const text = visible(cell ?? '')
      this.#widths[i] = Math.min(WIDEST, Math.max(this.#widths[i] ?? 0, text.length))
      return text.padEnd(this.#widths[i])
    })
    const { dim, cyan, yellow } = this.#paint
    return `${dim(visible(time))}  ${cyan(cells.join('  '))}  ${what}${remark && `  ${yellow(`(${visible(remark)})`)}`}`
  }

  #note(text: string): string {
    return this.#paint.yellow(`-- ${text}`)
  }
}

/** As many digits as a person reads; JSON has them all. */
const short = (value: number) => Number(Number(value).toPrecision(7))

const unseenText = ({ unseen }: UnseenLine) =>
  `${countText(unseen)} passed unseen: they came faster than they could be shown; narrow it down`

function countedText({ source, counted, frames = 0, bytes = 0 }: CountedLine): string {
  return counted === 'lost'
    ? `${visible(source)}: ${countText(bytes)} bytes lost before they were frames`
    : `${visible(source)}: ${countText(frames)} ${frames === 1 ? 'frame' : 'frames'} ${visible(counted)}`
}

/** A device by its own tags, as `line=a machine=m1`. */
function deviceText(tags: Record<string, string>): string {
  const own = Object.entries(tags).filter(([name]) => name !== 'gateway' && name !== 'source')
  return own.map(([name, value]) => `${name}=${value}`).join(' ') || '-'
}
