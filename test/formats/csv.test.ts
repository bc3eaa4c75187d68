import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { csv } from '../../src/formats/csv.js'
import { points } from '../support/points.js'

test('a row a field, with the tags of the device in one column', () => {
  const text = csv.encode(
    points([
      { tags: { gateway: 'g', source: 's', line: '3', machine: 'a' }, fields: { temp_count: 2, temp_mean: 21.5 } },
      { tags: { gateway: 'g', source: 's' }, fields: { power_max: -1 } },
    ]),
  )
  assert.equal(
    csv.header + text,
    [
      'time,measurement,gateway,source,tags,field,value',
      '2024-01-01T00:00:00.000000Z,second,g,s,line=3;machine=a,temp_count,2',
      '2024-01-01T00:00:00.000000Z,second,g,s,line=3;machine=a,temp_mean,21.5',
      '2024-01-01T00:00:00.000000Z,second,g,s,,power_max,-1',
      '',
    ].join('\n'),
  )
})

/** RFC 4180, by states: an independent reader. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = [['']]
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const row = rows.at(-1)!
    if (quoted && text[i] === '"' && text[i + 1] === '"') row[row.length - 1] += text[i++]
    else if (text[i] === '"') quoted = !quoted
    else if (!quoted && text[i] === ',') row.push('')
    else if (!quoted && text[i] === '\n') rows.push([''])
    else row[row.length - 1] += text[i]
  }
  return rows.slice(0, -1)
}

function tagsOf(cell: string): Record<string, string> {
  const words = ['']
  for (let i = 0; i < cell.length; i++) {
    if (cell[i] === ';' || cell[i] === '=') words.push('')
    else words[words.length - 1] += cell[i] === '\\' ? cell[++i] : cell[i]
  }
  const tags: Record<string, string> = {}
  for (let i = 0; i + 1 < words.length; i += 2) tags[words[i]] = words[i + 1]
  return tags
}

test('any text comes back through RFC 4180', () => {
  const text = fc.string({
    unit: fc.constantFrom(',', '"', '\n', '\r', ';', '=', '\\', 'a', 'é'),
    minLength: 1,
    maxLength: 8,
  })
  fc.assert(
    fc.property(text, fc.dictionary(text, text, { maxKeys: 3 }), text, (measurement, tags, name) => {
      const rows = rowsOf(
        `${csv.encode(points([{ tags: { ...tags, source: name }, fields: { [name]: 1 } }], { measurement }))}`,
      )
      assert.equal(rows.length, 1)
      const [, gotMeasurement, gateway, source, packed, field, value] = rows[0]
      assert.deepEqual([gotMeasurement, gateway, source, field, value], [measurement, '', name, name, '1'])
      assert.deepEqual(tagsOf(packed), Object.fromEntries(Object.entries(tags).sort()))
    }),
  )
})
