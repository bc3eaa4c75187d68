import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventText } from '../../src/tail/text.js'

const timeUs = 1_700_000_000_250_000
const tags = { gateway: 'g', source: 's', machine: 'm1' }

test('points, samples and frames as lines', () => {
  assert.equal(
    eventText({
      window: 'second',
      measurement: 'm',
      timeUs,
      tags,
      fields: { t_mean: 1 / 3 },
      units: { t_mean: '°C' },
      corrected: true,
    }),
    '22:13:20  second  machine=m1  t_mean=0.3333333 °C  (corrected)',
  )
  assert.equal(
    eventText({ source: 's', tags, field: 't', timeUs, value: 2, fate: 'late' }),
    '22:13:20.250  s  machine=m1  t=2  (late)',
  )
  assert.equal(
    eventText({ source: 's', channel: 'a/b', arrivalUs: timeUs, bytes: 2, hex: '00ff' }),
    '22:13:20.250  s  a/b  2 B  hex 00ff',
  )
  assert.match(eventText({ missed: 1234 }), /1,234 more passed unseen/)
})

test('nothing from outside steers the terminal', () => {
  const evil = 'a\u001b[2J\r\n\u202eb\u0007'
  const lines = [
    eventText({ source: evil, channel: evil, arrivalUs: timeUs, bytes: 9, text: evil }),
    eventText({ source: evil, tags: { [evil]: evil }, field: evil, unit: evil, timeUs, value: 2, fate: 'reduced' }),
    eventText({
      window: evil,
      measurement: evil,
      timeUs,
      tags: { x: evil },
      fields: { [evil]: 1 },
      units: { [evil]: evil },
    }),
  ]
  for (const line of lines) {
    assert.doesNotMatch(line, /\p{Cc}|\p{Cf}/u)
    assert.match(line, /a\\u\{1b\}\[2J\\r\\n\\u\{202e\}b\\u\{7\}/)
  }
})
