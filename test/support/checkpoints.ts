import assert from 'node:assert/strict'
import { ChangedPages, type Section } from '../../src/checkpoint/changed-pages.js'
import { CheckpointStore, type Loaded } from '../../src/checkpoint/store.js'
import { instantiateKernels } from '../../src/memory/modules.js'
import { Memory } from '../../src/memory/regions.js'
import type { Disk } from '../../src/model/disk.js'
import { silent } from '../../src/model/log.js'

export const DIR = '/s/checkpoint'
const SET_ASIDE = '/s/set-aside'

export interface Told {
  path: string
  offset: number
  why: string
}

/** A memory of two sections, `a` of some pages and `b` of a few bytes, and what changes in it. */
export class World {
  readonly memory: Memory<'a' | 'b' | 'hashes'>
  readonly sections: Section[]
  readonly changed: ChangedPages
  /** Where section a begins. */
  readonly a: number
  readonly b: number

  constructor(aBytes: number, bBytes = 96) {
    this.memory = new Memory({ a: Math.ceil(aBytes / 4096) * 4096, b: 4096, hashes: 65536 })
    const { a, b, hashes } = this.memory.regions
    this.a = a.start
    this.b = b.start
    this.sections = [
      { name: 'a', start: a.start, bytes: aBytes },
      { name: 'b', start: b.start, bytes: bBytes },
    ]
    this.changed = new ChangedPages(this.memory, instantiateKernels(this.memory.memory), hashes)
    for (let i = 0; i < aBytes; i++) this.memory.u8[a.start + i] = i * 31
  }

  /** A plain copy of all sections. */
  image(): string {
    return this.sections.map(({ start, bytes }) => hex(this.memory.u8.slice(start, start + bytes))).join()
  }

  /** Saves batch `batch`, which names one thing. */
  save(store: CheckpointStore, batch: number, more: { all?: boolean; complete?: boolean; meta?: string } = {}) {
    const { published } = store.save({
      batch,
      journal: 'j',
      position: { segment: 1, offset: batch },
      complete: more.complete ?? false,
      meta: more.meta ?? `meta ${batch}`,
      names: [Buffer.from(JSON.stringify([`name ${batch}`]))],
      sections: this.sections,
      memory: this.memory,
      changed: this.changed,
      all: more.all ?? store.needsAll,
      after: Promise.resolve(),
    })
    return published
  }

  /** What is read of a state, as `image` shows it. */
  read(loaded: Loaded): string {
    return this.sections
      .map(({ name, bytes }) => {
        const into = new Uint8Array(bytes)
        assert.equal(loaded.read(name, into), bytes)
        return hex(into)
      })
      .join()
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** A store whose damaged files move away, whole or from a byte on, as they do for real. */
export function storeOn(disk: Disk, { told = [] as Told[], gateway = 'g', durable = false } = {}): CheckpointStore {
  return new CheckpointStore({
    ...{ disk, dir: DIR, gateway, bootId: 'boot', durable, log: silent },
    damage: {
      found(path, offset, why, from = 0) {
        told.push({ path, offset, why })
        disk.makeDir(SET_ASIDE)
        const to = path.replace(DIR, SET_ASIDE)
        if (from === 0) return disk.rename(path, to)
        const file = disk.open(path, 'update')
        const tail = Buffer.alloc(file.sizeBytes - from)
        file.read(tail, from)
        const kept = disk.open(to, 'new')
        kept.append([tail])
        kept.close()
        file.truncate(from)
        file.close()
      },
    },
  })
}
