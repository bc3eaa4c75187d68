import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openPage, startChromium } from '../support/chromium.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { publisher } from '../support/publisher.js'
import { folderWith, startWeir, type WeirProcess } from '../support/weir.js'

// The live page in a real browser, fed by a real broker.

let browser: Browser
let broker: Mosquitto
before(async () => {
  ;[browser, broker] = await Promise.all([startChromium(), startMosquitto()])
})
after(() => Promise.all([browser.close(), broker.stop()]))

const job = ({ topics = 'plant/{machine}/data', http = '127.0.0.1:0' }) => `
gateway: hall-3
http: ${http}
sources:
  plant: { type: mqtt, url: "${broker.url}", topics: ["${topics}"], time: { path: ts, unit: ms }, decode: { type: json }, unit: { temp: °C } }
windows:
  second: { of: "*", every: 1s, reduce: [count, mean, min, max, stddev] }
sinks:
  out: { type: file, path: out.lp, corrections: true }
`

async function addressOf(running: WeirProcess): Promise<string> {
  await running.said(/"msg":"ready"/)
  return /"http":"([^"]+)"/.exec(running.stderr())![1]
}

async function started(t: Parameters<typeof startWeir>[0], changes: Parameters<typeof job>[0] = {}) {
  const cwd = folderWith(t, { 'weir.yaml': job(changes) })
  const running = startWeir(t, ['run', 'weir.yaml'], { cwd, env: { PAGE_TOKEN: 'very-secret' } })
  const url = await addressOf(running)
  const { send } = await publisher(t, broker.url)
  return { running, url, send }
}

/** Two samples of each second from `fromS` on, of these seconds. */
async function seconds(send: Awaited<ReturnType<typeof publisher>>['send'], topic: string, list: number[]) {
  for (const second of list)
    for (const [ms, temp] of [
      [0, 20],
      [500, 22],
    ])
      await send(topic, { ts: second * 1000 + ms, temp: temp + (second % 10) })
}

const text = (page: Page, selector: string) => page.locator(selector).innerText()

test('the flow: what comes in, goes out, a series and its chart with corrections and gaps, by keyboard', async (t) => {
  const { running, url, send } = await started(t)
  const { page, complaints } = await openPage(t, browser)
  await page.goto(url)
  await page.locator('#link.good').waitFor()
  assert.equal(await text(page, '#none'), 'Waiting for the first window to end.')
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const nowS = Math.floor(Date.now() / 1000) + 1
  await new Promise((resolve) => setTimeout(resolve, nowS * 1000 - Date.now()))
  await seconds(send, 'plant/press-1/data', [nowS, nowS + 1])
  // A gap of two, and then the device's clock is where its windows are closed by what comes next.
  await seconds(send, 'plant/press-1/data', [nowS + 4, nowS + 5])
  await page.locator('.row').waitFor()
  assert.match(await text(page, '.row'), /press-1\s+temp\s+second · mean\s+[23]\d(\.\d+)? °C/)
  await page.locator('.card[data-source="plant"] .state.good').waitFor()
  assert.match(await text(page, '.card[data-source="plant"]'), /frames 8 = decoded 8( \+ pending \d+)? ✓/)
  assert.match(await text(page, '.card[data-sink="out"]'), /delivered \d+\s+spooled 0/)

  await page.keyboard.press('/')
  await page.keyboard.type('nothing like it')
  assert.equal(await text(page, '#none'), 'No series matches.')
  await page.keyboard.press('Escape')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.locator('dialog[open] canvas').waitFor()
  assert.equal(await text(page, '#chart-title'), 'press-1 · temp')
  // A late sample corrects a window that has been drawn.
  await send('plant/press-1/data', { ts: nowS * 1000 + 250, temp: 40 })
  await page.locator('#plot .uplot[data-corrected="1"]').waitFor()
  await page.locator('#chart-note:has-text("1 gaps")').waitFor()
  assert.match(await text(page, '#chart-note'), /windows of 1 s · 1 corrected by late data \(ringed\) · 1 gaps/)
  const painted = await page.locator('#plot canvas').evaluate((canvas: unknown) => {
    const { width, height, getContext } = canvas as { width: number; height: number; getContext(kind: string): unknown }
    const context = getContext.call(canvas, '2d') as { getImageData(...area: number[]): { data: Uint8Array } }
    return context.getImageData(0, 0, width, height).data.filter((value, i) => i % 4 === 3 && value > 0).length
  })
  assert.ok(painted > 2000, `${painted} pixels`)
  await page.locator('#chart-choices button', { hasText: 'stddev' }).click()
  assert.match(await text(page, '.u-legend'), /stddev/)
  await page.keyboard.press('Escape')
  await page.locator('dialog[open]').waitFor({ state: 'detached' })
  assert.deepEqual(complaints, [])
  await running.terminate()
  await page.locator('#link.bad').waitFor()
  assert.equal(await text(page, '#link'), 'connection to weir lost, trying again')
})

test('hostile names are text', async (t) => {
  const { running, url, send } = await started(t, { topics: 'hostile/{machine}/{rest#}' })
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const { page, complaints } = await openPage(t, browser)
  await page.goto(url)
  const nowS = Math.ceil(Date.now() / 1000)
  await new Promise((resolve) => setTimeout(resolve, nowS * 1000 - Date.now()))
  const evil = '<img src=x onerror=alert(1)>"\'\u202egnp'
  await send(`hostile/${evil}/x`, { ts: nowS * 1000, [`<b>${evil}`]: 1 })
  await page.locator('.row').waitFor()
  assert.match(await text(page, '.row .device'), /<img src=x onerror=alert\(1\)>"'\\u\{202e\}gnp/)
  assert.match(await text(page, '.row .field'), /^<b><img src=x/)
  await page.locator('.row').click()
  await page.locator('dialog[open] canvas').waitFor()
  assert.equal(await page.locator('img, b:has(img)').count(), 0)
  assert.deepEqual(complaints, [])
})

test('a broker that goes is told first, with words, and is gone from the page when it is back', async (t) => {
  const { running, url } = await started(t)
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const { page, complaints } = await openPage(t, browser)
  await page.goto(url)
  await page.locator('.card[data-source="plant"] .state.good').waitFor()
  await broker.kill()
  await page.locator('.alarm').waitFor()
  assert.match(await text(page, '.alarm'), /source plant \(mqtt\) is down/)
  assert.match(await page.title(), /^\(1\) weir hall-3/)
  await broker.start()
  await page.locator('.alarm').waitFor({ state: 'detached' })
  await page.locator('.card[data-source="plant"] .state.good').waitFor()
  assert.deepEqual(complaints, [])
})

test('a thousand series: only what is visible is drawn; right at 390 px, light and dark', async (t) => {
  const { running, url, send } = await started(t)
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const nowS = Math.ceil(Date.now() / 1000)
  await new Promise((resolve) => setTimeout(resolve, nowS * 1000 - Date.now()))
  const payload = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`field_${i}`, i]))
  for (let machine = 0; machine < 100; machine++) await send(`plant/m-${machine}/data`, { ts: nowS * 1000, ...payload })
  const { page, complaints } = await openPage(t, browser, {
    viewport: { width: 390, height: 800 },
    colorScheme: 'dark',
  })
  await page.goto(url)
  await page.locator('#series-count', { hasText: '1,000' }).waitFor()
  const drawn = () => page.locator('.row').count()
  assert.ok((await drawn()) < 40, `${await drawn()} rows`)
  const evaluate = <T>(script: string) => page.evaluate(script) as Promise<T>
  assert.ok((await evaluate<number>('document.documentElement.scrollWidth')) <= 390)
  assert.equal(await evaluate('document.documentElement.dataset.theme'), 'dark')
  await page.locator('#rows').focus()
  await page.keyboard.press('End')
  assert.match(await text(page, '.row[aria-selected="true"]'), /m-99\s+2?\d?.*field_9|m-99/)
  assert.ok((await drawn()) < 40)
  await page.fill('#search', 'm-7 field_3')
  await page.locator('#series-count', { hasText: '11 of 1,000' }).waitFor()
  await page.locator('.row').first().click()
  await page.locator('dialog[open] canvas').waitFor()
  assert.ok((await evaluate<number>('document.documentElement.scrollWidth')) <= 390)
  await page.locator('#chart-close').click()
  await page.locator('#theme').click()
  assert.equal(await evaluate('document.documentElement.dataset.theme'), 'light')
  assert.deepEqual(complaints, [])
})

test('with a token: asked for once, never in an address, and nothing is told without it', async (t) => {
  const { url } = await started(t, { http: '{ listen: "127.0.0.1:0", token: "${env:PAGE_TOKEN}" }' })
  for (const path of ['/', '/live', '/series?id=1', '/sparks?ids=1', '/status', '/tail', '/page/app.js'])
    assert.equal((await fetch(`${url}${path}`)).status, 401, path)
  const { page } = await openPage(t, browser)
  await page.goto(url)
  await page.fill('#token', 'wrong')
  await page.keyboard.press('Enter')
  await page.locator('#wrong', { hasText: 'This is not the token.' }).waitFor()
  await page.fill('#token', 'very-secret')
  await page.keyboard.press('Enter')
  await page.locator('#link.good').waitFor()
  assert.equal(page.url(), `${url}/`)
  await page.reload()
  await page.locator('#link.good').waitFor()
  const [cookie] = await page.context().cookies()
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Lax'])
})

test('the page is small, and nothing may be put into it', async (t) => {
  const { url } = await started(t)
  let bytes = 0
  for (const path of ['/', '/page/app.js', '/page/app.css']) {
    const answer = await fetch(`${url}${path}`, { headers: { 'accept-encoding': 'identity' } })
    bytes += (await answer.arrayBuffer()).byteLength
    assert.match(
      answer.headers.get('content-security-policy')!,
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    )
    const zipped = await fetch(`${url}${path}`, { headers: { 'accept-encoding': 'gzip' } })
    assert.equal(zipped.headers.get('content-encoding'), 'gzip')
  }
  assert.ok(bytes < 150_000, `${bytes} bytes`)
  assert.equal((await fetch(`${url}/nothing`)).status, 404)
})

test('200 readers at once, none of which reads, slow nothing down', async (t) => {
  const { running, url, send } = await started(t)
  await running.shows('link up', ({ sources }) => sources[0].link.state === 'up')
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let i = 0; i < 200; i++) {
    const socket = connect(Number(port), hostname).on('error', () => {})
    sockets.push(socket)
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
    socket.write(`GET /live HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
  }
  // The server has no room for a look of its own: what is written to the file tells.
  for (let i = 0; i < 10_000; i++) void send('plant/m1/data', { ts: Date.now(), temp: i })
  for (const socket of sockets) socket.destroy()
  const source = await running.shows('all frames', ({ sources }) => sources[0].frames.in >= 10_000 && sources[0])
  assert.equal(source.frames.dropped, 0)
  assert.equal(await running.terminate(), 0)
})
