import { appendFileSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Picture } from './picture.ts'
import type { RunRecord, RunResult } from './result.ts'

const PICTURED_CASE = 'pause-primary-15000'

/** A result, with the revision of the sources that produced it. */
export interface StoredResult extends RunResult {
  revision: string
}

/** The results of all campaigns on this machine, one per line. */
export class ResultsFile {
  readonly folder: string
  readonly #file: string

  private constructor(folder: string) {
    this.folder = folder
    this.#file = join(folder, 'results.jsonl')
  }

  static async open(folder: string, { fresh = false } = {}): Promise<ResultsFile> {
    if (fresh) await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    return new ResultsFile(folder)
  }

  add(result: StoredResult): void {
    appendFileSync(this.#file, `${JSON.stringify(result)}\n`)
  }

  /** Keeps the picture of the case that the report shows. */
  savePicture({ result, picture }: RunRecord): void {
    if (result.plan.name !== PICTURED_CASE || result.plan.system !== 'holdfast') return
    writeFileSync(join(this.folder, 'picture.json'), JSON.stringify(picture))
  }

  async readPicture(): Promise<Picture | null> {
    const text = await readFile(join(this.folder, 'picture.json'), 'utf8').catch(() => null)
    return text === null ? null : (JSON.parse(text) as Picture)
  }

  async read(): Promise<StoredResult[]> {
    const text = await readFile(this.#file, 'utf8').catch(() => '')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as StoredResult)
  }
}
