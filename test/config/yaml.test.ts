import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYaml } from '../../src/config/yaml.js'

const messages = (text: string) => parseYaml(text, 'weir.yaml').problems.map(({ message }) => message)

test('plain data', () => {
  const { value, problems } = parseYaml('a: on\nb: [1, "2"]\nc: &x { d: true }\ne: *x\n', 'weir.yaml')
  assert.deepEqual(value, { a: 'on', b: [1, '2'], c: { d: true }, e: { d: true } })
  assert.deepEqual(problems, [])
})

test('every syntax error with file, line and column', () => {
  const found = messages('a: 1\na: 2\n? [k]\n: 1\nb: !odd x\nc: [1\n')
  assert.ok(
    found.includes('cannot read weir.yaml:2:1: this key stands here twice; remove one of them'),
    found.join('\n'),
  )
  assert.ok(found.some((message) => message.startsWith('cannot read weir.yaml:3:3: keys must be plain text')))
  assert.ok(found.some((message) => message.startsWith('cannot read weir.yaml:5:4: an unknown tag')))
  assert.ok(found.some((message) => message.startsWith('cannot read weir.yaml:7:1: ')))
})

test('tabs, several documents, an alias of nothing', () => {
  assert.match(messages('a:\n\tb: 1')[0], /weir\.yaml:2:1: a tab/)
  assert.match(messages('a: 1\n---\nb: 1')[0], /weir\.yaml: it holds several documents/)
  assert.match(messages('a: *nothing')[0], /weir\.yaml: unresolved alias/)
})

test('bombs are refused in one problem', () => {
  const bomb = Array.from(
    { length: 9 },
    (_, i) =>
      `a${i}: &a${i} [${Array(9)
        .fill(i ? `*a${i - 1}` : 'x')
        .join(', ')}]`,
  )
  assert.match(messages(bomb.join('\n')).join('\n'), /^cannot read weir.yaml: excessive alias count[^\n]*$/)
  for (const deep of ['[', '- ', '? ', '{a: '])
    assert.match(messages(deep.repeat(100_000)).join('\n'), /^cannot read weir.yaml: it is nested too deep[^\n]*$/)
  assert.match(messages(`a: "${'x'.repeat(1 << 20)}"`).join('\n'), /^cannot read weir.yaml: it is too long[^\n]*$/)
})
