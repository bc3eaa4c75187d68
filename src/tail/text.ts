import type { FrameEvent, PointEvent, SampleEvent, TailEvent } from './event.js'

/** An event as a line for people; whatever came from outside can't steer the terminal. */
export function eventText(event: TailEvent): string {
  if ('missed' in event)
    return `… ${event.missed.toLocaleString('en-US')} more passed unseen: narrow it with --source, --field or --tag`
  if ('channel' in event) return frameText(event)
  return 'value' in event ? sampleText(event) : pointText(event)
}

/** Text whose control and format characters are visible. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, (character) => {
    if (character === '\n') return '\\n'
    if (character === '\r') return '\\r'
    if (character === '\t') return '\\t'
    return `\\u{${character.codePointAt(0)!.toString(16)}}`
  })
}

const clock = (us: number, digits: number) => new Date(us / 1000).toISOString().slice(11, 19 + (digits && digits + 1))

function tagsText(tags: Record<string, string>): string {
  const own = Object.entries(tags).filter(([name]) => name !== 'gateway' && name !== 'source')
  return visible(own.map(([name, value]) => `${name}=${value}`).join(' ') || '-')
}

const number = (value: number) => String(Number(value.toPrecision(7)))

function pointText({ window, timeUs, tags, fields, units = {}, corrected }: PointEvent): string {
  const values = Object.entries(fields).map(([name, value]) => {
    const unit = units[name]
    return `${visible(name)}=${number(value)}${unit ? ` ${visible(unit)}` : ''}`
  })
  return `${clock(timeUs, 0)}  ${visible(window)}  ${tagsText(tags)}  ${values.join('  ')}${corrected ? '  (corrected)' : ''}`
}

function sampleText({ source, timeUs, tags, field, value, unit, fate }: SampleEvent): string {
  const note = fate === 'reduced' ? '' : `  (${fate})`
  return `${clock(timeUs, 3)}  ${visible(source)}  ${tagsText(tags)}  ${visible(field)}=${number(value)}${unit ? ` ${visible(unit)}` : ''}${note}`
}

function frameText({ source, channel, arrivalUs, bytes, text, hex, retained }: FrameEvent): string {
  const payload = text === undefined ? `hex ${hex}` : visible(text)
  return `${clock(arrivalUs, 3)}  ${visible(source)}  ${visible(channel)}  ${bytes} B${retained ? ' retained' : ''}  ${payload}`
}
