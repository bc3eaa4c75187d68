import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchTopic, parseTopic, type TopicPattern, uncovered } from '../../../src/sources/mqtt/topics.js'

const match = (pattern: string, topic: string) => matchTopic(parseTopic(pattern) as TopicPattern, topic)

test('named levels become tags', () => {
  const pattern = parseTopic('plant/{line}/{machine}/telemetry') as TopicPattern
  assert.equal(pattern.filter, 'plant/+/+/telemetry')
  assert.deepEqual(pattern.tags, ['line', 'machine'])
  assert.deepEqual(match('plant/{line}/{machine}/telemetry', 'plant/a/7/telemetry'), {
    tags: { line: 'a', machine: '7' },
  })
  assert.equal(match('plant/{line}/{machine}/telemetry', 'plant/a/7/state'), undefined)
  assert.equal(match('plant/{line}/{machine}/telemetry', 'plant/a/7/telemetry/more'), undefined)
})

test('a last level takes the rest, also none', () => {
  assert.deepEqual(match('a/{rest#}', 'a/b/c'), { tags: { rest: 'b/c' } })
  assert.deepEqual(match('a/{rest#}', 'a'), { tags: {} })
  assert.deepEqual(match('a/#', 'a/b/c'), { tags: { topic: 'a/b/c' } })
})

test('{field} names the field; unnamed wildcards put the topic into a tag', () => {
  assert.deepEqual(match('{device}/sensor/{field}/state', 'esp1/sensor/temp/state'), {
    tags: { device: 'esp1' },
    field: 'temp',
  })
  assert.deepEqual(match('a/+/{x}', 'a/b/c'), { tags: { x: 'c', topic: 'a/b/c' } })
})

test('empty levels match, but make no tag', () => {
  assert.deepEqual(match('a/{x}/b', 'a//b'), { tags: {} })
})

test("wildcards do not stand for the broker's own topics", () => {
  assert.equal(match('#', '$SYS/broker/uptime'), undefined)
  assert.deepEqual(match('$SYS/{what#}', '$SYS/broker/uptime'), { tags: { what: 'broker/uptime' } })
})

test('wrong patterns are told', () => {
  for (const wrong of [
    '',
    'a/#/b',
    'a/{x#}/b',
    'a/b{x}',
    'a/b+',
    '{x}/{x}',
    '{gateway}',
    '+/{topic}',
    '{field}/{field}',
    '$share/g/a',
    'a\0',
  ])
    assert.equal(typeof parseTopic(wrong), 'string', wrong)
})

test('a filter that another covers is not subscribed to', () => {
  assert.deepEqual(uncovered(['a/#', 'a/+', 'a', 'b/+/c', 'b/x/c', 'b/#', 'a/#', '$SYS/#']), ['a/#', 'b/#', '$SYS/#'])
  assert.deepEqual(uncovered(['#', '$SYS/#']), ['#', '$SYS/#'])
  assert.deepEqual(uncovered(['a/+', '+/b']), ['a/+', '+/b'])
  assert.deepEqual(uncovered(['a/+/#', 'a/#']), ['a/#'])
})
