import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tagsOfKey } from '../../src/codecs/payload-tags.js'

const key = (...parts: string[]) => parts.join('\x1f')

test('tags asked for stand instead of the channel’s, the payload’s own beside them', () => {
  const program = { tagNames: ['id'], ownTagNames: ['measurement'] }
  assert.deepEqual(tagsOfKey(key('7', 'cpu', 'host', 'a', 'os', 'b'), program, { id: 'topic', hall: '3' }), {
    ...{ id: '7', hall: '3', measurement: 'cpu', host: 'a', os: 'b' },
  })
  assert.deepEqual(tagsOfKey(key('', 'cpu'), program, { id: 'topic' }), { id: 'topic', measurement: 'cpu' })
})

test('no tag of a payload hides another', () => {
  const program = { tagNames: [], ownTagNames: ['host'] }
  assert.deepEqual(
    tagsOfKey(key('cpu', 'gateway', 'g', 'hall', '1', 'host', 'h', 'payload_hall', 'p', 'source', 's'), program, {
      hall: '3',
    }),
    {
      ...{ hall: '3', host: 'cpu', payload_gateway: 'g', payload_hall: '1', payload_host: 'h' },
      ...{ payload_payload_hall: 'p', payload_source: 's' },
    },
  )
})

test('a name that every object has is one like others', () => {
  const tags = tagsOfKey(key('__proto__', 'x', 'constructor', 'y'), { tagNames: [] }, {})
  assert.deepEqual(Object.entries(tags), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
})
