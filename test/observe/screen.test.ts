import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPaint } from '../../src/observe/paint.js'
import { cutLine, Screen } from '../../src/observe/screen.js'

test('lines are cut at the width of the terminal, colours not counted', () => {
  const paint = createPaint(true)
  assert.equal(cutLine(`${paint.bold('weir')} demo`, 6), '\u001b[1mweir\u001b[0m d')
  assert.equal(cutLine(paint.red('abcdef'), 3), '\u001b[31mabc\u001b[0m')
  assert.equal(cutLine('▁▂▃', 2), '▁▂')
})

test('the screen redraws in place and prints above', () => {
  let text = ''
  const screen = new Screen({ columns: 20, rows: 3, write: (part) => (text += part) })
  screen.draw(['one', 'two', 'three'])
  assert.match(text, /one.*two/s)
  assert.doesNotMatch(text, /three/)
  text = ''
  screen.printAbove('log line\n')
  assert.ok(text.startsWith('\r\u001b[2A\u001b[Jlog line\n'))
  text = ''
  screen.draw(['uno'])
  assert.ok(text.startsWith('\r\u001b[2Auno'))
})
