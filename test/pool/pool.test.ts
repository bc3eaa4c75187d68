import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import {
  CHUNK_BYTES,
  CHUNK_DONE,
  CHUNK_PARTIAL,
  CHUNK_ROWS,
  CHUNK_SLOT,
  CHUNK_STATE,
  CHUNK_TIME,
  CHUNK_VALUE,
  POOL_BYTES,
} from '../../assembly/layout.js'
import { components } from '../../src/components.js'
import { instantiateKernels } from '../../src/memory/modules.js'
import { Memory } from '../../src/memory/regions.js'
import { ChunkPool } from '../../src/pool/pool.js'
import { FakeClock, settle } from '../support/fake-clock.js'
import { RecordingLog } from '../support/recording-log.js'

const CHUNKS = 40
const ROWS = 2000

/** Chunks of one column, each with a slot of its own, and a pool whose workers run `program`. */
function setUp(program?: string) {
  const memory = new Memory({ pool: POOL_BYTES, chunks: CHUNKS * CHUNK_BYTES, columns: ROWS * 16, slots: CHUNKS * 128 })
  const { u32, f64, regions } = memory
  const values = regions.columns.start
  for (let i = 0; i < ROWS; i++) f64[(values >>> 3) + i] = i / 4
  const kernels = instantiateKernels(memory.memory)
  const state = components.states.find(({ name }) => name === 'moments')!
  for (let i = 0; i < CHUNKS; i++) {
    const at = (regions.chunks.start + i * CHUNK_BYTES) >>> 2
    u32[at + CHUNK_STATE / 4] = state.index
    u32[at + CHUNK_VALUE / 4] = values
    u32[at + CHUNK_TIME / 4] = values + ROWS * 8
    u32[at + CHUNK_ROWS / 4] = ROWS - i
    u32[at + CHUNK_SLOT / 4] = regions.slots.start + i * 128
  }
  const log = new RecordingLog()
  const clock = new FakeClock()
  const pool = new ChunkPool(memory, kernels, {
    workers: 2,
    handOverMs: 0,
    states: components.states,
    clock,
    log,
    ...(program === undefined ? {} : { worker: fileOf(program) }),
  })
  /** Runs and merges all chunks; how many rows each slot holds. */
  const run = async (during?: () => Promise<void>) => {
    for (let i = 0; i < CHUNKS; i++) {
      const at = regions.chunks.start + i * CHUNK_BYTES
      u32[(at + CHUNK_DONE) >>> 2] = 0
      memory.u8.fill(0xaa, at + CHUNK_PARTIAL, at + CHUNK_BYTES)
    }
    memory.u8.fill(0, regions.slots.start, regions.slots.end)
    const running = pool.run(regions.chunks.start, regions.chunks.end)
    await during?.()
    await running
    kernels.mergeChunks(regions.chunks.start, regions.chunks.end)
    return Array.from({ length: CHUNKS }, (_, i) =>
      kernels.kernelFinish(kernels.places.get('count')!, regions.slots.start + i * 128, 0),
    )
  }
  return { pool, run, log, clock }
}

const folder = mkdtempSync(join(tmpdir(), 'weir-pool-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0

function fileOf(program: string): URL {
  const path = join(folder, `${files++}.mjs`)
  writeFileSync(path, program)
  return pathToFileURL(path)
}

const expected = Array.from({ length: CHUNKS }, (_, i) => ROWS - i)

/** What a worker's program needs to claim one chunk as `runChunks` does, in words that a test ends. */
const claim = `
import { workerData } from 'node:worker_threads'
const words = new Int32Array(workerData.memory.buffer)
export default (pool) => { const mine = Atomics.add(words, pool >>> 2, 1);`

test('workers and the ingest thread run each chunk once', async () => {
  const { pool, run, log, clock } = setUp()
  for (let i = 0; i < 20; i++) assert.deepEqual(await run(), expected)
  assert.deepEqual([pool.tasks, pool.chunks, pool.inline], [40, 20 * CHUNKS, 0])
  assert.deepEqual(log.said, [])
  assert.equal(clock.waiting, 0)
  await pool.close()
})

test('a worker that dies with a chunk claimed costs nothing but time: the chunk runs again, and so do later ones', async () => {
  const { pool, run, log, clock } = setUp(`${claim} process.exit(mine) }`)
  for (let i = 0; i < 3; i++) assert.deepEqual(await run(), expected)
  assert.match(log.said.join('\n'), /warn: a worker failed; its chunks run on the ingest thread/)
  assert.equal(clock.waiting, 0)
  await pool.close()
})

test('a worker that throws costs nothing but time', async () => {
  const { pool, run } = setUp(`${claim} throw new Error('out of memory') }`)
  for (let i = 0; i < 3; i++) assert.deepEqual(await run(), expected)
  await pool.close()
})

test('a worker that runs out of memory costs nothing but time, and takes nobody with it', async () => {
  const before = process.resourceUsage().maxRSS
  const { pool, run, log } = setUp(`${claim} for (const all = []; ; ) all.push(new Array(1e5).fill(mine + 0.5)) }`)
  assert.deepEqual(await run(), expected)
  assert.match(log.said.join('\n'), /a worker failed/)
  const tookMiB = (process.resourceUsage().maxRSS - before) / 1024
  assert.ok(tookMiB < 500, `${tookMiB} MiB`)
  await pool.close()
})

test('a worker that never comes to an end is ended, and its chunks run again', async () => {
  const { pool, run, log, clock } = setUp(`${claim} for (;;); }`)
  const counts = await run(async () => {
    while (clock.waiting === 0) await settle()
    await clock.advance(10_000)
  })
  assert.deepEqual(counts, expected)
  assert.deepEqual(log.said, ['error: workers do not come to an end; from now on all chunks run on the ingest thread'])
  assert.equal(clock.waiting, 0)
  assert.deepEqual(await run(), expected)
  assert.deepEqual([pool.tasks, pool.inline], [2, CHUNKS])
  await pool.close()
})

test('workers that cannot even begin hold nothing up for ever', async () => {
  const { pool, run, clock } = setUp(`throw new Error('cannot begin')`)
  for (let i = 0; i < 3; i++) {
    let over = false
    const counts = run().finally(() => {
      over = true
    })
    while (!over) {
      await settle()
      if (i > 0 && clock.waiting > 0) await clock.advance(10_000)
    }
    assert.deepEqual(await counts, expected)
  }
  assert.ok(pool.inline >= CHUNKS)
  await pool.close()
})
