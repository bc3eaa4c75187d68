import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Filter, filterOf, queryOf, Wanted } from '../../src/tail/filter.js'
import { device } from '../support/points.js'

test('a filter is the same after its way through a URL', () => {
  const filters: Filter[] = [
    { kind: 'points', source: 'pl*', field: 'temp?', tags: { 'a b': 'x=1&y', line: '*' }, window: 'sec*' },
    { kind: 'frames', topic: 'plant/+/#é', tags: {} },
    { kind: 'samples', tags: {} },
  ]
  for (const filter of filters)
    assert.deepEqual(filterOf(new URL(`http://h/tail?${queryOf(filter)}`).searchParams), filter)
  assert.deepEqual(filterOf(new URLSearchParams()), { kind: 'points', tags: {} })
})

test('what makes no sense is said', () => {
  const said = (query: string) => String(filterOf(new URLSearchParams(query)))
  assert.match(said('of=bytes'), /"bytes"; allowed: points, samples, frames/)
  assert.match(said('of=frames&field=a'), /cannot choose frames by "field"; allowed: source, topic, tag/)
  assert.match(said('of=samples&topic=a'), /by "topic"/)
  assert.match(said('tag=machine'), /write name=glob/)
})

test('devices by source and tags, fields by name', () => {
  const wanted = new Wanted({ kind: 'samples', source: 'p*', field: 'temp*', tags: { machine: 'm?' } })
  assert.equal(wanted.all, false)
  assert.equal(wanted.device(device({ source: 'plant', machine: 'm1' })), true)
  assert.equal(wanted.device(device({ source: 'plant', machine: 'm10' })), false)
  assert.equal(wanted.device(device({ source: 'plant' })), false)
  assert.equal(wanted.device(device({ source: 'hall', machine: 'm1' })), false)
  assert.equal(wanted.field('temperature') && !wanted.field('hum') && wanted.field('temperature'), true)
  assert.equal(new Wanted({ kind: 'samples', tags: {} }).all, true)
})

test('channels by source, topic and their tags', () => {
  const wanted = new Wanted({ kind: 'frames', topic: 'a/*', tags: { source: 'plant' } })
  const spec = (name: string) => ({ name, input: 0, tags: {} })
  assert.equal(wanted.channel('plant', spec('a/b')), true)
  assert.equal(wanted.channel('plant', spec('b/b')), false)
  assert.equal(wanted.channel('hall', spec('a/b')), false)
  assert.equal(wanted.everyTopic, false)
})
