import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLog, journalLine } from '../../src/observe/log.js'
import { leadsToJournal, prioritized } from '../../src/observe/systemd-journal.js'
import { emptyFolder } from '../support/weir.js'

test('only a descriptor that is the one of JOURNAL_STREAM leads to the journal', (t) => {
  const fd = openSync(join(emptyFolder(t), 'stream'), 'w')
  t.after(() => closeSync(fd))
  const { dev, ino } = fstatSync(fd)
  assert.equal(leadsToJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` }), true)
  assert.equal(leadsToJournal(fd, { JOURNAL_STREAM: `${dev}:${ino + 1}` }), false)
  assert.equal(leadsToJournal(fd, {}), false)
  assert.equal(leadsToJournal(fd, { JOURNAL_STREAM: 'x' }), false)
  assert.equal(leadsToJournal(9999, { JOURNAL_STREAM: `${dev}:${ino}` }), false)
})

test('lines for the journal: a priority and the words, without time and level', () => {
  const lines: string[] = []
  const log = createLog('debug', { write: (line) => lines.push(line) }, journalLine)
  log.debug({}, 'looking')
  log.info({ source: 'plant' }, 'up')
  log.warn({ reason: 'a b' }, 'slow')
  log.error({}, 'down')
  assert.deepEqual(lines, ['<7>looking\n', '<6>up  source=plant\n', '<4>slow  reason="a b"\n', '<3>down\n'])
})

test('every line of a message has its priority', () => {
  const lines: string[] = []
  createLog('info', { write: (line) => lines.push(line) }, journalLine).error({ err: new Error('broke') }, 'a\nb')
  assert.match(lines[0], /^(<3>.+\n){4,}$/)
  assert.equal(prioritized('one\n  two\n', 'error'), '<3>one\n<3>  two\n')
})
