import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ledgerText } from '../../src/observe/ledger-text.js'
import { exampleStatus } from '../support/status.js'

test('the ledger is a small aligned table without the columns that are zero', () => {
  assert.equal(
    ledgerText(exampleStatus()),
    [
      'frames       in  decoded  undecodable',
      '  plant  12,345   12,340            5',
      'samples  decoded  reduced  late',
      '  plant   24,680   24,600    80',
      'points  emitted  delivered  given up',
      '  db         10          8         2',
      'balances',
      '',
    ].join('\n'),
  )
})

test('it says what a window went without though another took it', () => {
  const status = exampleStatus()
  status.windows[0].rejected = 1234
  assert.match(
    ledgerText(status),
    /\nwindow second went without samples that others took: 1,234 rejected; raise `maxMemory`, /,
  )
})

test('it says what does not balance, and by how much', () => {
  const status = exampleStatus()
  status.sources[0].frames.in += 3
  status.sources[0].samples.reduced += 1
  const text = ledgerText(status)
  assert.match(text, /does not balance: frames of plant: 3 not accounted for\n/)
  assert.match(text, /does not balance: samples of plant: 1 accounted for twice\n/)
  assert.doesNotMatch(text, /^balances/m)
})

test('bytes lost before framing stand beside', () => {
  const status = exampleStatus()
  status.sources[0].lostBytes = 4096
  assert.match(ledgerText(status), /plant: 4,096 bytes lost before they were frames\n/)
})
