import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { startChromium } from '../support/chromium.js'
import { startMosquitto } from '../support/mosquitto.js'
import { main } from '../support/weir.js'
import type { Bench } from './main.js'

const SERIES = 1000
const SECONDS = 20
const TICKS_A_SECOND = 100

/** CPU of weir by the operating system with 1,000 series at 1 point/s: without its server, with nobody looking, with a browser. */
export async function run(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-page-'))
  const broker = await startMosquitto()
  const client = await mqtt.connectAsync(broker.url)
  const browser = await startChromium()
  const rows: Bench['rows'] = []
  let paintMs = 0
  try {
    for (const look of ['no server', 'nobody', 'one browser', 'one browser, a chart open'] as const) {
      writeFileSync(join(folder, 'weir.yaml'), config(broker.url, look === 'no server' ? 'false' : '127.0.0.1:0'))
      const weir = spawn(process.execPath, [main, 'run', 'weir.yaml'], {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const url = await ready(weir)
      const stop = publish(client)
      await delay(3000)
      const page = look.startsWith('one') ? await browser.newPage() : undefined
      if (page) {
        await page.goto(url!)
        await page.locator('.row').first().waitFor()
        if (look.endsWith('open')) await page.locator('.row').first().click()
        paintMs = (await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")) as number
      }
      await delay(3000)
      const before = cpuTicks(weir.pid!)
      const fromMs = performance.now()
      await delay(SECONDS * 1000)
      const percent = ((cpuTicks(weir.pid!) - before) / TICKS_A_SECOND / ((performance.now() - fromMs) / 1000)) * 100
      rows.push({
        'who looks': look,
        'CPU of weir, % of a core': percent,
        'first paint, ms': page ? Math.round(paintMs) : '',
      })
      stop()
      await page?.close()
      weir.kill('SIGTERM')
      await once(weir, 'exit')
    }
  } finally {
    await browser.close()
    await client.endAsync(true)
    await broker.stop()
    rmSync(folder, { recursive: true })
  }
  return {
    title: `The page: ${SERIES} series at 1 point/s, ${SECONDS} s each`,
    rows,
    notes: [
      'What the page costs is the difference to `no server`. The browser runs on the same cores; its CPU is not counted.',
    ],
  }
}

const config = (url: string, http: string) => `
gateway: bench
http: ${http}
sources:
  plant: { type: mqtt, url: "${url}", topics: ["page/{machine}"], time: arrival, decode: { type: json } }
windows:
  second: { of: "*", every: 1s, reduce: [count, mean, min, max] }
sinks:
  out: { type: file, path: out.lp }
`

/** 100 machines of 10 fields, each once a second, evenly. */
function publish(client: MqttClient): () => void {
  let n = 0
  const timer = setInterval(() => {
    const payload = JSON.stringify(
      Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, Math.sin(n / 700 + i)])),
    )
    client.publish(`page/m${n++ % (SERIES / 10)}`, payload)
  }, 10)
  return () => clearInterval(timer)
}

async function ready(weir: ChildProcess): Promise<string | undefined> {
  let said = ''
  weir.stderr!.setEncoding('utf8').on('data', (text) => (said += text))
  while (!said.includes('"msg":"ready"')) await once(weir.stderr!, 'data')
  return /"http":"([^"]+)"/.exec(said)?.[1]
}

/** User and system time of a process, in ticks of 10 ms. */
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return Number(fields[11]) + Number(fields[12])
}
