import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const css = readFileSync(new URL('../../../src/dashboard/browser/app.css', import.meta.url), 'utf8')

function colours(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0]
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]))
}

/** Relative luminance and contrast, WCAG 2.2. */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

for (const [theme, selector] of Object.entries({ light: ':root', dark: ':root[data-theme="dark"]' }))
  test(`text of the ${theme} theme has the contrast of WCAG AA`, () => {
    const all = colours(selector)
    const pairs = [
      ...['text', 'dim', 'accent', 'good', 'bad', 'warn'].flatMap((name) => [
        [name, 'card'],
        [name, 'bg'],
      ]),
      ['bad', 'bad-bg'],
    ]
    for (const [front, back] of pairs) {
      const ratio = contrast(all[front], all[back])
      assert.ok(ratio >= 4.5, `${front} on ${back}: ${ratio.toFixed(2)}`)
    }
  })
