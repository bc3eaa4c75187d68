import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { FIELD_TYPES } from '../../firmware-bridge/host/message.js'
import { readDevice, vectors } from '../support/bridge.js'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')
const library = `${root}/firmware-bridge/c/weir_bridge.c`
const strict = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Werror']
const big = { maxBuffer: 64 * 2 ** 20 }

const folder = mkdtempSync(join(tmpdir(), 'weir-c-'))
after(() => rmSync(folder, { recursive: true }))

test('the library compiles without a warning as C99 and as C++', async () => {
  for (const compiler of ['gcc', 'clang'])
    await run(compiler, [...strict, '-c', library, '-o', `${folder}/${compiler}.o`])
  const header = `${root}/firmware-bridge/c/weir_bridge.h`
  await run('gcc', ['-x', 'c++', '-std=c++11', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', header])
})

test('it needs nothing of a C library, keeps nothing between calls, and is under 2 KB on an AVR', async () => {
  const object = `${folder}/avr.o`
  await run('avr-gcc', [...strict, '-Os', '-mmcu=atmega328p', '-c', library, '-o', object])
  const [, sizes] = (await run('avr-size', [object])).stdout.split('\n')
  const [text, data, bss] = sizes.trim().split(/\s+/).map(Number)
  assert.ok(text < 2048, `${text} bytes of code`)
  assert.deepEqual([data, bss], [0, 0])
  // A compiler for a computer may call these four by itself.
  await run('gcc', [...strict, '-O2', '-c', library, '-o', `${folder}/o2.o`])
  const { stdout } = await run('nm', ['-u', `${folder}/o2.o`])
  const allowed = /^\s*U (memcpy|memset|memmove|memcmp|strlen|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$/
  assert.deepEqual(
    stdout.split('\n').filter((line) => line && !allowed.test(line)),
    [],
  )
})

test('it sends the golden frames, byte for byte', async () => {
  const program = `${folder}/golden`
  await run('gcc', [
    ...[...strict, '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
    ...[`${root}/test/firmware-bridge/c/golden.c`, library, '-o', program],
  ])
  const { stdout } = await run(program)
  const sent = stdout.trimEnd().split('\n')
  for (const [i, { name, descriptorFrame, data }] of vectors.good.entries())
    assert.equal(sent[i], `00${descriptorFrame}${data.map(({ frame }) => frame).join('')}`, name)
})

test('random streams and calls: nothing is written past a buffer, and what is read is what was sent', async () => {
  const program = `${folder}/fuzz`
  await run('gcc', [
    ...['-std=c99', '-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
    ...[`${root}/test/firmware-bridge/c/fuzz.c`, library, '-o', program],
  ])
  let frames = 0
  let refused = 0
  for (const seed of [1, 20_261, 333_331]) {
    const { stdout } = await run(program, [String(seed), '2000'], big)
    const lines = stdout.split('\n').slice(0, -1)
    for (let i = 0; i < lines.length; i += 2) {
      const [, result, calls] = /^(\d+) \d:(.*)$/.exec(lines[i])!
      if (result !== '0') {
        refused++
        assert.equal(lines[i + 1], '')
        continue
      }
      const { descriptors, data, bad, lost } = readDevice(Buffer.from(lines[i + 1], 'hex'))
      assert.deepEqual([bad, lost], [0, 0], lines[i])
      const widths = descriptors[0]?.fields.map(({ type }) => FIELD_TYPES[type]!) ?? []
      const expected = asked(calls, widths.length)
      assert.equal(data.length, expected.length)
      for (const [f, { sequence, ticks, rows }] of data.entries()) {
        assert.equal(sequence, f)
        assert.equal(ticks, expected[f].ticks)
        assert.deepEqual(
          rows.map((row) => row.map((value, w) => rawBits(value, widths[w]))),
          expected[f].rows,
        )
      }
      frames += data.length
    }
  }
  assert.ok(frames > 3000 && refused > 200, `${frames} frames, ${refused} refused`)
})

/** Frames that a line of calls sent: whole rows between a begin and its end. */
function asked(calls: string, fields: number): { ticks: number; rows: number[][] }[] {
  const frames: { ticks: number; rows: number[][] }[] = []
  let ticks = 0
  let values: number[] = []
  for (const call of calls.trim().split(' ').filter(Boolean)) {
    if (call.startsWith('begin,')) {
      ticks = Number(call.slice(6))
      values = []
    } else if (call === 'none' || call === 'end') {
      const rows = Array.from({ length: Math.floor(values.length / fields) }, (_, r) =>
        values.slice(r * fields, (r + 1) * fields),
      )
      if (call === 'end') frames.push({ ticks, rows })
      values = []
    } else values.push(Number(call))
  }
  return frames
}

/** A value's bits as an unsigned number. */
function rawBits(value: number, { name, bytes }: { name: string; bytes: number }): number {
  const bits = Buffer.alloc(4)
  if (name === 'f32') bits.writeFloatLE(value)
  else if (value < 0) bits.writeIntLE(value, 0, bytes)
  else bits.writeUIntLE(value, 0, bytes)
  return bits.readUIntLE(0, bytes)
}

/** What the examples' app.c sends from these ticks on, with a pause of its main loop after a second. */
async function sentByApp(startTicks: number, stallTicks: number) {
  const program = `${folder}/app`
  const flags = [...strict, '-fsanitize=address,undefined', '-fno-sanitize-recover=all']
  await run('gcc', [...flags, `${root}/test/firmware-bridge/c/app.c`, library, '-o', program])
  const { stdout } = await run(program, [`${startTicks}`, `${stallTicks}`], big)
  const { data, bad, lost } = readDevice(Buffer.from(stdout, 'hex'))
  assert.deepEqual([bad, lost], [0, 0])
  const ticksOf = (name: string) => data.filter((frame) => frame.name === name).map(({ ticks }) => ticks)
  return { vibration: ticksOf('vibration'), temperature: ticksOf('temperature') }
}

test('the example goes on as before when its ticks wrap, after 49.7 days', async () => {
  const start = 2 ** 32 - 1500
  const { vibration, temperature } = await sentByApp(start, 0)
  assert.deepEqual(
    vibration,
    Array.from({ length: 30 }, (_, i) => (start + i * 100) % 2 ** 32),
  )
  assert.deepEqual(temperature.slice(0, 3), [start, start + 1000, 500])
  assert.ok(temperature.length <= 4, `${temperature}`)
})

test('the example leaves a gap where its main loop came too late: what follows has its own time', async () => {
  const { vibration } = await sentByApp(0, 2001)
  // Ten of the first second, two that waited in the ring, then from the first sample on that is taken again.
  const before = Array.from({ length: 12 }, (_, i) => i * 100)
  const again = vibration[12]
  assert.ok(again >= 3001 && again <= 3004 && again % 2 === 0, `${again}`)
  assert.deepEqual(vibration, [...before, ...Array.from({ length: 19 }, (_, i) => again + i * 100)])
})

test('the ten lines of the README compile', async () => {
  const page = readFileSync(`${root}/firmware-bridge/README.md`, 'utf8')
  const [, lines] = /^```c\n(.*?)^```$/ms.exec(page)!
  const board = ['void uart_write(const uint8_t *, size_t);', 'uint32_t millis(void);', 'void delay(uint32_t);']
  const sensors = [
    'int32_t read_centikelvin(void);',
    'int32_t read_humidity(void);',
    'void setup(void);',
    'void loop(void);',
  ]
  const text = lines.replace('#include "weir_bridge.h"', (include) => [include, ...board, ...sensors].join('\n'))
  writeFileSync(`${folder}/ten.c`, text)
  const include = `-I${root}/firmware-bridge/c`
  await run('gcc', [
    '-std=c99',
    '-Wall',
    '-Wextra',
    '-Wno-unused-parameter',
    '-Werror',
    include,
    '-c',
    `${folder}/ten.c`,
    '-o',
    `${folder}/ten.o`,
  ])
})
