import { appendFileSync, renameSync, statSync } from 'node:fs'

const MOST_BYTES = 4 * 1024 * 1024

/** A log of few lines, bounded: when it has grown large it becomes `<file>.1` and begins anew. */
export class LogFile {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  write(text: string): void {
    try {
      if ((statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0) > MOST_BYTES) {
        renameSync(this.#file, `${this.#file}.1`)
      }
      appendFileSync(this.#file, `${new Date().toISOString()} ${text}\n`, { mode: 0o600 })
    } catch {
      // The folder was purged, or the disk is full: the data centre goes on without this log.
    }
  }
}
