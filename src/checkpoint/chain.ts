import { join } from 'node:path'
import type { Disk } from '../model/disk.js'
import { DiskError } from '../model/errors.js'
import { OpenedFile, Unusable } from './checkpoint-file.js'
import { serialOf } from './format.js'
import { readNames } from './names.js'
import { pageHasher } from './page-hash.js'

export interface ChainOptions {
  disk: Disk
  dir: string
  gateway: string
  /** Takes a file away, only what lies from byte `from` on where that is more than 0; or throws. */
  damage: { found(path: string, offset: number, why: string, from?: number): void }
}

/** A base and the deltas upon it, opened and whole, and what was named up to the last of them. */
export interface Chain {
  files: readonly OpenedFile[]
  names: unknown[]
}

/** The newest chain that is whole, as far as it is so. What is not, and what builds upon it, is handed to `damage`. */
export function openChain(options: ChainOptions): Chain | undefined {
  const names = options.disk.list(options.dir).map(({ name }) => name)
  const deltas = names.filter((name) => /^delta-\d{16}$/.test(name))
  for (const base of names.filter((name) => /^base-\d{16}$/.test(name)).reverse()) {
    const first = openFile(options, base)
    if (!first) continue
    const files = follow(options, first, deltas)
    const chain = withNames(options, files)
    if (chain) return chain
  }
  return undefined
}

/** The base and the deltas that follow one another; those behind a gap are of no use. */
function follow(options: ChainOptions, base: OpenedFile, deltas: readonly string[]): OpenedFile[] {
  const files = [base]
  for (const delta of deltas.filter((name) => serialOf(name) > base.head.serial)) {
    const next = openFile(options, delta)
    if (!next) continue
    if (next.head.after === files.at(-1)!.head.serial) files.push(next)
    else reject(options, next, 'the file that it builds upon is not whole, or not there')
  }
  return files
}

/** As many of the files as their names are whole for; undefined: none. */
function withNames(options: ChainOptions, files: OpenedFile[]): Chain | undefined {
  const { disk, dir, damage } = options
  const { names } = files.at(-1)!.head
  const { entries, goodBytes, problem } = readNames(disk, dir, names)
  const isUsable = ({ head }: OpenedFile) => head.names.file === names.file && head.names.bytes <= goodBytes
  const usable = files.filter(isUsable)
  if (problem) {
    const path = join(dir, names.file)
    if (disk.list(dir).some(({ name }) => name === names.file))
      damage.found(path, problem.offset, problem.message, goodBytes)
    for (const file of files.filter((one) => !isUsable(one)))
      reject(options, file, `names of it in "${names.file}" are not whole, or not there`)
  }
  const bytes = usable.at(-1)?.head.names.bytes
  if (bytes === undefined) return undefined
  return { files: usable, names: entries.filter(({ end }) => end <= bytes).flatMap((entry) => entry.names) }
}

function reject({ damage }: ChainOptions, { path, file }: OpenedFile, why: string): void {
  file.close()
  damage.found(path, 0, why)
}

function openFile(options: ChainOptions, name: string): OpenedFile | undefined {
  const { disk, dir, gateway, damage } = options
  const path = join(dir, name)
  let opened: OpenedFile | undefined
  try {
    opened = OpenedFile.open(disk, path)
    if (opened.head.gateway !== gateway) throw new Unusable(0, `it is of gateway "${opened.head.gateway}"`)
    opened.check(pageHasher())
    return opened
  } catch (error) {
    opened?.file.close()
    if (!(error instanceof Unusable) && !(error instanceof DiskError)) throw error
    damage.found(path, error instanceof Unusable ? error.offset : 0, error.message)
    return undefined
  }
}
