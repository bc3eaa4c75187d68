import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeName } from '../../src/formats/line-names.js'

test('names are escaped for the place they stand in', () => {
  assert.equal(escapeName('a,b c=d"e', 'measurement'), 'a\\,b\\ c=d"e')
  assert.equal(escapeName('a,b c=d"e', 'tag'), 'a\\,b\\ c\\=d"e')
  assert.equal(escapeName('a,b c=d"e', 'field'), 'a\\,b\\ c\\=d\\"e')
  assert.equal(escapeName('two\nlines\r\u0000', 'tag'), 'two\\nlines\\r\\u0000')
  assert.equal(escapeName('C:\\plant\\', 'tag'), 'C:\\plant\uff3c')
  assert.equal(escapeName('C:\\my files', 'tag'), 'C:\\my\\ files')
  assert.equal(escapeName('a\\ b', 'tag'), 'a\uff3c\\ b')
  assert.equal(escapeName('#1', 'measurement'), '\\#1')
  assert.equal(escapeName('Küche °C', 'tag'), 'Küche\\ °C')
})
