import type { Disk, DiskFile } from '../model/disk.js'
import { DiskError } from '../model/errors.js'

/** Files that are being written, and don't count yet: what comes to nothing leaves no file and no room taken. */
export class Unpublished {
  readonly #files: { file: DiskFile; isNew: boolean }[] = []

  constructor(readonly disk: Disk) {}

  /** What is left there of a run before goes. */
  create(path: string): DiskFile {
    this.disk.remove(path)
    return this.#take(this.disk.open(path, 'new'), true)
  }

  update(path: string): DiskFile {
    return this.#take(this.disk.open(path, 'update'), false)
  }

  async sync(): Promise<void> {
    for (const { file } of this.#files) await file.sync()
  }

  /** Closes them: they count now. */
  keep(): void {
    for (const { file } of this.#files.splice(0)) file.close()
  }

  /** Closes them, and removes those that are new. */
  discard(): void {
    for (const { file, isNew } of this.#files.splice(0)) {
      file.close()
      try {
        if (isNew) this.disk.remove(file.path)
      } catch (error) {
        // It goes with the next base.
        if (!(error instanceof DiskError)) throw error
      }
    }
  }

  #take(file: DiskFile, isNew: boolean): DiskFile {
    this.#files.push({ file, isNew })
    return file
  }
}
