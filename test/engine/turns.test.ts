import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from '../../src/engine/turns.js'

test('turns go round in order, whoever asks first, and skip those that left', async () => {
  const turns = new Turns(['a', 'b', 'c'])
  const order: string[] = []
  const play = async (member: string, times: number) => {
    for (let i = 0; i < times; i++) {
      await turns.take(member)
      order.push(member)
      turns.pass(member)
    }
    await turns.take(member)
    turns.leave(member)
  }
  await Promise.all([play('c', 3), play('a', 1), play('b', 2)])
  assert.deepEqual(order.join(''), 'abcbcc')
})
