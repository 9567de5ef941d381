import { open, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UsageError } from '../command.ts'

/** A report's file. That it can be written is known before a drill that takes minutes. */
export class ReportFile {
  readonly path: string
  readonly #draft: string

  private constructor(path: string, draft: string) {
    this.path = path
    this.#draft = draft
  }

  /** Throws `UsageError` when nothing can be written there. */
  static async open(file: string): Promise<ReportFile> {
    const path = resolve(file)
    const draft = `${path}.${process.pid}.tmp`
    try {
      await (await open(draft, 'wx', 0o644)).close()
      await rm(draft)
    } catch (error) {
      const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw new UsageError(`--report cannot be written at ${path} (${why}): name a file in a folder of yours`)
    }
    return new ReportFile(path, draft)
  }

  /** Writes it whole or not at all; one that is there is replaced. */
  async write(text: string): Promise<void> {
    const file = await open(this.#draft, 'wx', 0o644)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
    await rename(this.#draft, this.path)
  }
}
