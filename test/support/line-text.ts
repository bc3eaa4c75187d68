import { escapeName } from '../../src/formats/line-names.js'
import type { Points } from '../../src/model/points.js'

/** Line protocol as plain JavaScript makes it: what the format's bytes are compared with. */
export function lineText({ measurement, timeUs, device, field, value, firstField, lines }: Points): string {
  let text = ''
  for (let i = 0; i < lines; i++) {
    const tags = device[i].tags.map(([name, tag]) => `,${escapeName(name, 'tag')}=${escapeName(tag, 'tag')}`)
    const fields = field
      .slice(firstField[i], firstField[i + 1])
      .map(({ name, integer }, f) => `${escapeName(name, 'field')}=${value[firstField[i] + f]}${integer ? 'i' : ''}`)
    text += `${escapeName(measurement, 'measurement')}${tags.join('')} ${fields.join(',')} ${timeUs}000\n`
  }
  return text
}
