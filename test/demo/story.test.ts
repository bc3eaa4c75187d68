import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { LiveTable } from '../../src/demo/live-series.js'
import { Narrator } from '../../src/demo/narrator.js'
import { Simulation } from '../../src/demo/simulation.js'
import { notesBetween, PACE, plightAt, STORY_S } from '../../src/demo/story.js'
import { Rig } from '../support/rig.js'

const configuration = parse(readFileSync(join(import.meta.dirname, '../../../src/demo/weir.yaml'), 'utf8'))

/** The demo's windows and inputs over scripted sources, one a topic: the name is what its topic ends in. */
function rigged() {
  const { unit, topics } = configuration.sources.plant
  const [temperature, power, vibration] = topics
  const input = ({ time, decode }: { time: unknown; decode: object }) => ({ type: 'script', unit, time, decode })
  return {
    ...configuration,
    sources: {
      celsius: input({ ...temperature, decode: { type: 'number', field: 'temperature' } }),
      power: input(power),
      vibration: input(vibration),
    },
    sinks: { out: { type: 'memory' } },
  }
}

/** Plays the first `seconds` of the machines' time through the engine; what the narrator said, by seconds. */
async function play(seconds: number, pace: number) {
  const told: { atS: number; text: string }[] = []
  let elapsedMs = 0
  const narrator = new Narrator(new LiveTable(18), (text) => told.push({ atS: elapsedMs / 1000, text }))
  const rig = new Rig({ config: rigged(), onPoints: (points) => narrator.take(points) })
  await rig.start()
  const simulation = new Simulation(rig.clock.nowUs() / 1000, pace)
  for (; elapsedMs < seconds * 1000; elapsedMs += 100) {
    await rig.advance(100)
    for (const { topic, payload } of simulation.step().messages) {
      const [, machine, ...rest] = topic.split('/')
      await rig.push(rest[rest.length - 1], machine, payload)
    }
    for (const name of ['celsius', 'power', 'vibration']) rig.script(name).out.endBurst()
  }
  await rig.stop()
  const { windows } = rig.gateway.status()
  return { told, windows, rig }
}

const find = (told: { atS: number; text: string }[], pattern: RegExp) =>
  told.find(({ text }) => pattern.test(text)) ?? assert.fail(`${pattern}:\n${told.map(({ text }) => text).join('\n')}`)

test('over three minutes kurtosis, crest and rms tell of the bearing long before its temperature', async () => {
  const { told } = await play(190, PACE.normal)
  const heat = find(told, /^lathe-1: temperature .* past 80 °C; \w+ told \d+ s ago$/)
  const earlierS = { kurtosis: 80, crest: 80, rms: 40 }
  for (const [reduction, leastS] of Object.entries(earlierS)) {
    const { atS, text } = find(told, new RegExp(`^lathe-1: ${reduction} .* past`))
    assert.ok(heat.atS - atS > leastS, `${text} at ${atS} s, heat at ${heat.atS} s`)
    assert.ok(Number(/still ([\d.]+) °C/.exec(text)?.[1]) < 60, text)
  }
  assert.deepEqual(
    told.filter(({ text }) => /past|below/.test(text) && !text.startsWith('lathe-1')),
    [],
  )
  assert.equal(told.filter(({ text }) => /past/.test(text)).length, 4)
})

for (const [name, pace] of Object.entries(PACE)) {
  test(`at the ${name} pace a thermometer falls silent and comes back, and late data corrects windows`, async () => {
    const { told, windows, rig } = await play(100 / pace + 9, pace)
    const silence = find(told, /^press-1: temperature is silent since/)
    const back = find(told, /^press-1: temperature speaks again after \d+ s$/)
    assert.ok(silence.atS < back.atS)
    assert.equal(told.filter(({ text }) => /silent/.test(text)).length, 1)

    const corrections = told.filter(({ text }) => /^press-2: late data corrects/.test(text))
    assert.ok(corrections.length >= 3)
    for (const { text } of corrections) {
      const [, before, after] = /power ([\d,]+) → ([\d,]+) W/.exec(text) ?? assert.fail(text)
      assert.ok(number(after) > number(before) + 500, text)
    }
    assert.ok(windows.reduce((sum, window) => sum + window.corrections, 0) >= 3)
    for (const window of windows) assert.equal(window.late, 0)
    rig.assertBalanced()
  })
}

const number = (text: string) => Number(text.replace(',', ''))

test('the fast story is over within 30 s', () => {
  const heatS = 178
  assert.ok(heatS / PACE.fast + 3 < 30)
  assert.equal(plightAt((heatS * 1000) / PACE.fast, PACE.fast).wear > 0.95, true)
})

test('the story begins again with a new bearing', () => {
  assert.equal(plightAt(199_000, 1).wear, 1)
  assert.equal(plightAt(201_000, 1).wear, 0)
  assert.deepEqual(plightAt(50_000, 1), plightAt(50_000 + STORY_S * 1000, 1))
})

test('each note is told once a round, whatever the steps', () => {
  const told = (stepMs: number, pace: number) => {
    const notes: string[] = []
    for (let ms = 0; ms < (2 * STORY_S * 1000) / pace; ms += stepMs) notes.push(...notesBetween(ms - stepMs, ms, pace))
    return notes
  }
  assert.equal(told(100, 1).length, 10)
  assert.deepEqual(told(100, 7), told(100, 1))
  assert.deepEqual(told(700, 1), told(100, 1))
})
