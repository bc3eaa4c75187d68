import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scope } from './weir.js'

/** A small file system of its own, in memory. Needs root. */
export interface Tmpfs {
  readonly dir: string
  /** Takes all room there is. */
  fill(): void
  /** Takes all inodes there are. */
  fillInodes(): void
  /** Gives back what was taken. */
  free(): void
  /** Mounts it anew, as `ro` or `rw`. */
  remount(how: 'ro' | 'rw'): void
}

/** Mounted for as long as the scope. */
export function mountTmpfs(t: Scope, sizeBytes: number): Tmpfs {
  const dir = mkdtempSync(join(tmpdir(), 'weir-tmpfs-'))
  const run = (name: string, ...args: string[]) => execFileSync(name, args)
  run('mount', '-t', 'tmpfs', '-o', `size=${sizeBytes},nr_inodes=1000,mode=1777`, 'weir-test', dir)
  t.after(() => {
    run('umount', '-l', dir)
    rmdirSync(dir)
  })
  const taken: string[] = []
  const take = () => {
    const path = join(dir, `taken-${taken.length}`)
    writeFileSync(path, '')
    taken.push(path)
    return path
  }
  return {
    dir,
    fill() {
      const file = openSync(take(), 'w')
      for (const sizeBytes of [65_536, 4096])
        try {
          for (const piece = Buffer.alloc(sizeBytes); ; ) writeSync(file, piece)
        } catch {}
      closeSync(file)
    },
    fillInodes() {
      try {
        for (;;) take()
      } catch {}
    },
    free() {
      for (const path of taken.splice(0)) rmSync(path)
    },
    remount: (how) => run('mount', '-o', `remount,${how}`, dir),
  }
}
