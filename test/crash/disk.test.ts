import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as pass } from 'node:timers/promises'
import { type Plant, startPlant } from '../support/plant.js'
import { mountTmpfs, type Tmpfs } from '../support/tmpfs.js'
import { folderWith, weir } from '../support/weir.js'

// Real file systems that are full while samples flow.

const SIZE_BYTES = 16 * 2 ** 20

async function onSmallDisk(t: TestContext, key: 'runtimeDir' | 'stateDir', durability: 'process' | 'power') {
  const disk = mountTmpfs(t, SIZE_BYTES)
  const plant = await startPlant(t, { rateHz: 300, config: { durability, [key]: `${disk.dir}/weir` } })
  await pass(1500)
  return { disk, plant }
}

/** It says so, and points go on to the database for as long as messages come. */
async function isSaid(plant: Plant, says: RegExp) {
  const { points } = await plant.shows('it is said', ({ alarms, sinks }) => says.test(alarms.join()) && sinks[0])
  await plant.shows('points flow on', ({ sinks }) => sinks[0].points.delivered > points.delivered)
}

async function isRight(plant: Plant, disk: Tmpfs) {
  disk.free()
  await plant.shows('all works', ({ alarms }) => alarms.length === 0)
  assert.deepEqual(await plant.end(), [])
}

const NO_STATE = /state is not kept: .*the disk is full/

test('a directory on a read-only disk, made already or not: weir does not start, and says why', async (t) => {
  const disk = mountTmpfs(t, SIZE_BYTES)
  mkdirSync(`${disk.dir}/made`)
  disk.remount('ro')
  for (const key of ['stateDir', 'runtimeDir'])
    for (const name of ['made', 'new/below']) {
      const config = {
        http: false,
        stateDir: 'state',
        [key]: `${disk.dir}/${name}`,
        sources: { m: { type: 'mqtt', url: 'mqtt://127.0.0.1:1', topics: ['a'] } },
        windows: { w: { of: '*', every: '1s', reduce: ['count'] } },
        sinks: { f: { type: 'file', path: 'out.lp' } },
      }
      const cwd = folderWith(t, { 'weir.yaml': JSON.stringify(config) })
      const { code, stderr } = await weir(t, ['run', 'weir.yaml'], { cwd })
      assert.equal(code, 1)
      assert.match(stderr, /cannot .*weir-tmpfs-.*: the disk is read-only; see why it was mounted so/)
    }
})

const full = (disk: Tmpfs) => disk.fill()
const inodes = (disk: Tmpfs) => disk.fillInodes()

test('a runtimeDir that is full: it is said, points flow on, nothing more is acknowledged, and nothing is lost', async (t) => {
  const { disk, plant } = await onSmallDisk(t, 'runtimeDir', 'process')
  full(disk)
  await isSaid(plant, NO_STATE)
  const { acks } = (await plant.status()).sources[0].details
  await pass(1000)
  assert.equal((await plant.status()).sources[0].details.acks, acks)
  await isRight(plant, disk)
})

for (const [how, take] of [
  ['full', full],
  ['out of inodes', inodes],
] as const)
  test(`a runtimeDir that is ${how}, and weir is killed and starts again meanwhile: nothing is lost`, async (t) => {
    const { disk, plant } = await onSmallDisk(t, 'runtimeDir', 'process')
    take(disk)
    await isSaid(plant, NO_STATE)
    await plant.host.kill()
    await isSaid(plant, NO_STATE)
    await isRight(plant, disk)
  })

for (const [how, take, durability, says] of [
  ['full', full, 'process', /sink db: points are not spooled and wait in memory: .*the disk is full/],
  ['full', full, 'power', NO_STATE],
  ['out of inodes', inodes, 'power', NO_STATE],
] as const)
  test(`a stateDir that is ${how} with durability ${durability}: it is said, points go from memory, and nothing is lost when weir is killed`, async (t) => {
    const { disk, plant } = await onSmallDisk(t, 'stateDir', durability)
    take(disk)
    await isSaid(plant, says)
    await plant.host.kill()
    await pass(1000)
    await isRight(plant, disk)
  })
