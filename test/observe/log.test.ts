import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog, readableLine } from '../../src/observe/log.js'
import { createPaint } from '../../src/observe/paint.js'

function logged(write: (log: ReturnType<typeof createLog>) => void, readable: boolean): string[] {
  const lines: string[] = []
  write(
    createLog(
      'info',
      { write: (line) => lines.push(line) },
      readable ? (line) => readableLine(line, createPaint(false)) : undefined,
    ),
  )
  return lines
}

test('JSON lines carry level, time, message and fields', () => {
  const [line, ...rest] = logged((log) => {
    log.debug({}, 'not at this level')
    log.warn({ source: 'plant' }, 'link down')
  }, false)
  assert.equal(rest.length, 0)
  const { time, ...others } = JSON.parse(line)
  assert.equal(typeof time, 'number')
  assert.deepEqual(others, { level: 'warn', source: 'plant', msg: 'link down' })
})

test('readable lines hold the same in one line', () => {
  const [line] = logged((log) => log.error({ source: 'plant', reason: 'refused by 127.0.0.1:1883' }, 'link down'), true)
  assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} error link down {2}source=plant reason="refused by 127\.0\.0\.1:1883"\n$/)
})

test('control characters from outside do not reach the terminal', () => {
  const line = JSON.stringify({ level: 'warn', time: 0, msg: 'undecodable', bytes: '\u001b[2J\r\n' })
  assert.equal(readableLine(line), '00:00:00.000 warn  undecodable  bytes="\\u001b[2J\\r\\n"\n')
})
