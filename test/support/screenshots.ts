// Takes the pictures of docs/ from a fast demo: node build/test/support/screenshots.js
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { startChromium } from './chromium.js'
import { main } from './weir.js'

const docs = fileURLToPath(new URL('../../../docs/', import.meta.url))
/** The bearing has gone bad by then, and late data has come. */
const WAIT_MS = 25_000

const demo = spawn(process.execPath, [main, 'demo', '--fast', '--seconds', '60'], {
  stdio: ['ignore', 'ignore', 'pipe'],
})
let said = ''
demo.stderr.setEncoding('utf8').on('data', (text) => (said += text))
while (!/http:\/\/[\d.:]+/.test(said)) await once(demo.stderr, 'data')
const [url] = /http:\/\/[\d.:]+/.exec(said)!
const browser = await startChromium()

async function take(
  name: string,
  options: BrowserContextOptions,
  prepare: (page: Page) => Promise<void>,
): Promise<void> {
  const page = await (await browser.newContext(options)).newPage()
  await page.goto(url)
  await page.locator('.row').first().waitFor()
  await prepare(page)
  await page.waitForTimeout(2500)
  await page.screenshot({ path: `${docs}${name}.png` })
}

await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
await take('page-light', { viewport: { width: 1280, height: 860 }, colorScheme: 'light' }, async () => {})
await take('page-chart-dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }, async (page) => {
  await page.fill('#search', 'lathe vibration')
  await page.locator('.row').first().click()
  await page.locator('dialog[open] canvas').waitFor()
  for (const name of ['crest', 'kurtosis']) await page.locator('#chart-choices button', { hasText: name }).click()
})
await take('page-phone', { viewport: { width: 390, height: 844 }, colorScheme: 'light' }, async (page) => {
  await page.fill('#search', 'temperature')
  await page.locator('#series-title').scrollIntoViewIfNeeded()
  await page.evaluate('document.querySelector("#series-head").scrollIntoView(); scrollBy(0, -110)')
})
await browser.close()
demo.kill('SIGTERM')
await once(demo, 'exit')
