import { escapeName } from '../../src/formats/line-names.js'
import type { Device, PointField, Points } from '../../src/model/points.js'

const FIRST = 'line'
const FURTHER = 'line,'

function tagText({ cache, tags }: Device): string {
  let text = cache.get(FIRST)
  if (text === undefined) {
    text = `${tags.map(([name, value]) => `,${escapeName(name, 'tag')}=${escapeName(value, 'tag')}`).join('')} `
    cache.set(FIRST, text)
  }
  return text
}

function fieldPrefix({ cache, name }: PointField, place: typeof FIRST | typeof FURTHER): string {
  let text = cache.get(place)
  if (text === undefined) {
    text = `${place === FURTHER ? ',' : ''}${escapeName(name, 'field')}=`
    cache.set(place, text)
  }
  return text
}

/** Line protocol as plain JavaScript makes it, its texts cached: what the format's bytes are compared with. */
export function lineText(points: Points): string {
  const { device, field, value, firstField, lines } = points
  const measurement = escapeName(points.measurement, 'measurement')
  const end = ` ${points.timeUs}000\n`
  let text = ''
  for (let i = 0; i < lines; i++) {
    const first = firstField[i]
    // Few long concatenations: they are most of the cost beside the numbers' own digits.
    let point = measurement + tagText(device[i])
    for (let f = first; f < firstField[i + 1]; f++) {
      const prefix = fieldPrefix(field[f], f === first ? FIRST : FURTHER)
      point += field[f].integer ? `${prefix}${value[f]}i` : prefix + value[f]
    }
    text += point + end
  }
  return text
}
