import assert from 'node:assert/strict'
import { test } from 'node:test'
import { highpass } from '../../../src/reduce/filters.js'
import { compileProbe, testArena } from '../../support/probe.js'

const arena = testArena(8)
const wasm = await compileProbe('signal', arena.memory)
const ROWS = 4096
const [values, runs, scratch] = [arena.alloc(ROWS * 8), arena.alloc(64), arena.alloc(ROWS * 8)]
wasm.viewScratch!(scratch, scratch + ROWS * 8, 0)

const MODES = { default: 0, none: 1, mean: 2, highpass: 3 }
type Run = [first: number, rows: number, rateHz: number]

/** The rows as the module detrends them; undefined where it can't. */
function detrended(rows: readonly number[], mode: keyof typeof MODES, cornerHz = 0, list: Run[] = []) {
  arena.f64.set(rows, values / 8)
  for (const [i, [first, length, rateHz]] of list.entries()) {
    arena.u32.set([first, length], runs / 4 + i * 4)
    arena.f64[runs / 8 + i * 2 + 1] = rateHz
  }
  wasm.viewRows!(rows.length, 0, values)
  wasm.viewRuns!(runs, list.length)
  wasm.viewRules!(0, 0, 0, MODES[mode], cornerHz)
  const at = wasm.detrended!()
  return at ? { copied: at !== values, rows: [...arena.f64.subarray(at / 8, at / 8 + rows.length)] } : undefined
}

const wave = Array.from({ length: 3000 }, (_, i) => 9.80665 + Math.sin(i / 5) + Math.sin(i * i))

test('as they are, by default and when told so, and not even copied', () => {
  assert.deepEqual(detrended(wave, 'default'), { copied: false, rows: wave })
  assert.deepEqual(detrended(wave, 'none'), { copied: false, rows: wave })
})

test('without their mean: what is left has none, however far from zero they lie and wherever they begin', () => {
  for (const offset of [0, 1e9, -1.76e15]) {
    const rows = [offset === 0 ? 1e6 : 0, ...wave.map((value) => value + offset)]
    const { rows: left } = detrended(rows, 'mean')!
    const size = Math.max(...left.map(Math.abs))
    assert.ok(Math.abs(left.reduce((sum, value) => sum + value, 0)) <= 1e-12 * size * rows.length)
    for (const [i, value] of left.entries())
      assert.ok(Math.abs(value - left[0]! - (rows[i]! - rows[0]!)) <= 1e-15 * Math.abs(offset || 1e7) + 1e-9)
  }
  assert.deepEqual(
    detrended([0.1, 0.1, 0.1], 'mean')!.rows.map((value) => value + 0),
    [0, 0, 0],
  )
  assert.deepEqual(detrended([], 'mean')!.rows, [])
  assert.deepEqual(detrended([1e300], 'mean')!.rows, [0])
  assert.equal(detrended([1.7e308, -1.7e308], 'mean'), undefined)
})

test('through a high-pass, each run for itself', () => {
  const found = detrended(wave, 'highpass', 10, [
    [0, 1000, 1000],
    [1000, 2000, 4000],
  ])!
  const wanted = [...highpass(wave.slice(0, 1000), 1000, 10), ...highpass(wave.slice(1000), 4000, 10)]
  for (const [i, value] of found.rows.entries()) assert.ok(Math.abs(value - wanted[i]!) <= 1e-12, `${i}`)
})

test('a high-pass needs the rate of every row, and twice its corner; both modes need the room', () => {
  assert.equal(detrended(wave, 'highpass', 10), undefined)
  assert.equal(detrended(wave, 'highpass', 10, [[0, 2999, 1000]]), undefined)
  assert.equal(
    detrended(wave, 'highpass', 10, [
      [0, 1000, 1000],
      [1001, 1999, 1000],
    ]),
    undefined,
  )
  assert.equal(detrended(wave, 'highpass', 500, [[0, 3000, 1000]]), undefined)
  wasm.viewScratch!(scratch, scratch + 2999 * 8, 0)
  assert.equal(detrended(wave, 'mean'), undefined)
  wasm.viewScratch!(scratch, scratch + ROWS * 8, 0)
})
