import { join } from 'node:path'
import type { Disk } from '../model/disk.js'

/** A file in stateDir while a weir runs that keeps state elsewhere than there: what tells a first start from one after power was lost. */
export class RunningMark {
  readonly #disk: Disk
  readonly #dir: string
  readonly #path: string

  constructor(disk: Disk, stateDir: string) {
    this.#disk = disk
    this.#dir = stateDir
    this.#path = join(stateDir, 'running')
  }

  /** When the run began that has not ended in order, µs since the epoch; undefined: there was none. */
  sinceUs(): number | undefined {
    try {
      const file = this.#disk.open(this.#path, 'read')
      const bytes = Buffer.alloc(Math.min(64, file.sizeBytes))
      file.read(bytes, 0)
      file.close()
      const sinceUs = Number.parseFloat(bytes.toString())
      return Number.isFinite(sinceUs) ? sinceUs : 0
    } catch {
      return undefined
    }
  }

  /** A disk that refuses is told of by those who need it more. */
  begin(nowUs: number): void {
    try {
      this.#disk.remove(this.#path)
      const file = this.#disk.open(this.#path, 'new')
      file.append([Buffer.from(`${nowUs}\n`)])
      void file
        .sync()
        .then(() => this.#disk.syncDir(this.#dir))
        .catch(() => {})
        .finally(() => file.close())
    } catch {
      // Then a power cut looks like a first start.
    }
  }

  end(): void {
    this.#disk.remove(this.#path)
  }
}
