import type { Log } from '../../src/model/log.js'

/** A log that keeps what was said, as `warn: message`. */
export class RecordingLog implements Log {
  readonly said: string[] = []
  debug(_fields: object, message: string): void {
    this.said.push(`debug: ${message}`)
  }
  info(_fields: object, message: string): void {
    this.said.push(`info: ${message}`)
  }
  warn(_fields: object, message: string): void {
    this.said.push(`warn: ${message}`)
  }
  error(_fields: object, message: string): void {
    this.said.push(`error: ${message}`)
  }
}
