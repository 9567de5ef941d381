import { open, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UsageError } from '../../command-line/command-spec.ts'

/** The file of a report. It proves that it is writable before the drill, which takes minutes. */
export class ReportFile {
  readonly path: string
  readonly #draft: string

  private constructor(path: string, draft: string) {
    this.path = path
    this.#draft = draft
  }

  /** Throws `UsageError` if the file cannot be written. */
  static async open(file: string): Promise<ReportFile> {
    const path = resolve(file)
    const draft = `${path}.${process.pid}.tmp`
    try {
      await (await open(draft, 'wx', 0o644)).close()
      await rm(draft)
    } catch (error) {
      const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw new UsageError(
        `--report cannot write ${path} (${why}): name a file in a folder that you can write to`,
      )
    }
    return new ReportFile(path, draft)
  }

  /** Writes the file atomically; replaces an existing one. */
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
