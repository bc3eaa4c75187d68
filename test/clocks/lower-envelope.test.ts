import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LowerEnvelope } from '../../src/clocks/lower-envelope.js'
import { exponential, randomFrom } from './clock-simulation.js'

/** Points a second apart on a line of this slope, each late by some delay; from `from` on, µs. */
function feed(envelope: LowerEnvelope, slope: number, seconds: number, delay = exponential(0.005), from = 0): number[] {
  const random = randomFrom(7)
  const ys: number[] = []
  for (let i = 0; i < seconds; i++) {
    const x = from + i * 1e6
    ys.push(slope * x + delay(random) * 1e6)
    envelope.add(x, ys[i])
  }
  return ys
}

test('the line lies below all points and finds their slope', () => {
  for (const slope of [0, 1e-4, -3e-5, 0.01]) {
    const envelope = new LowerEnvelope()
    const ys = feed(envelope, slope, 600)
    assert.ok(Math.abs(envelope.slope - slope) < 2e-6, `${envelope.slope} for ${slope}`)
    // Of what it still keeps.
    for (let i = 0; i < 600; i++) assert.ok(envelope.at(i * 1e6) <= ys[i] + 2000, `point ${i}`)
    assert.ok(Math.abs(envelope.at(600e6) - slope * 600e6) < 1000)
  }
})

test('one point is a line already, and few points know no slope', () => {
  const envelope = new LowerEnvelope()
  assert.equal(envelope.isEmpty, true)
  envelope.add(5e6, 300)
  assert.deepEqual([envelope.at(5e6), envelope.at(9e6), envelope.spanUs], [300, 300, 0])
  envelope.add(6e6, 20_300)
  envelope.add(7e6, 100)
  assert.deepEqual([envelope.slope, envelope.at(7e6)], [0, 100])
  // What lies before the last is passed over.
  envelope.add(6.5e6, -1e9)
  assert.equal(envelope.at(7e6), 100)
})

test('a slope known before holds until more is known', () => {
  const envelope = new LowerEnvelope({ slope: 5e-5, spanUs: 120e6 })
  feed(envelope, 7e-5, 100)
  assert.equal(envelope.slope, 5e-5)
  feed(envelope, 7e-5, 100, exponential(0.005), 100e6)
  assert.ok(Math.abs(envelope.slope - 7e-5) < 5e-6)
})

test('no slope is steeper than a clock that drives a UART', () => {
  const envelope = new LowerEnvelope()
  feed(envelope, 0.5, 100)
  assert.equal(envelope.slope, 0.02)
})

test('it follows a clock that changes, from dense points and from rare ones', () => {
  for (const stepUs of [1e4, 60e6]) {
    const envelope = new LowerEnvelope()
    const random = randomFrom(3)
    let y = 0
    for (let i = 0; i * stepUs < 12 * 3600e6; i++) {
      y += stepUs * (i * stepUs < 6 * 3600e6 ? 4e-5 : -2e-5)
      envelope.add(i * stepUs, y + exponential(0.002)(random) * 1e6)
    }
    assert.ok(Math.abs(envelope.slope + 2e-5) < 1e-6, `${envelope.slope}`)
    assert.ok(envelope.spanUs <= 2 * 3600e6)
  }
})
