import { join } from 'node:path'
import { readIfThere } from '@holdfast/site/private-file'
import { aclProblem } from './acl-file.ts'
import { appendOnlyVersion, cutUnfinishedEnd, inspectAppendOnly, moveAppendOnlyAside } from './append-only.ts'

export interface DataFilesOptions {
  dataFolder: string
  aclFile: string
  /** The program of the engine. */
  server: string
  log: (event: string, details: Record<string, unknown>) => void
}

/** The files of one Redis that are checked before each start. INV-AGENT-3. */
export class DataFiles {
  readonly #options: DataFilesOptions
  /** The result of the last check, and the version of the files that it checked. */
  #checked: { version: string; damage: string | null } | null = null

  constructor(options: DataFilesOptions) {
    this.#options = options
  }

  /** Why Redis must not start with its current ACL file; null when it may start. */
  async aclProblem(): Promise<string | null> {
    const { aclFile } = this.#options
    const text = await readIfThere(aclFile)
    const problem = text === null ? null : aclProblem(text)
    return problem === null ? null : `${aclFile} is not usable: ${problem}.`
  }

  /**
   * Cuts off an unfinished write that a power cut left. Returns why the append-only file is not usable, and what to do; null
   * when it is sound. Checks again only after a change. Throws when the checker cannot run.
   */
  async damage(signal: AbortSignal): Promise<string | null> {
    const { dataFolder, server, log } = this.#options
    const version = await appendOnlyVersion(dataFolder)
    if (this.#checked?.version === version) return this.#checked.damage
    const found = await inspectAppendOnly(dataFolder, server, signal)
    if (found.kind === 'torn') {
      const kept = await cutUnfinishedEnd(dataFolder, found)
      log('cut an unfinished write off the append-only file', {
        file: found.file,
        bytes: found.size - found.soundUpTo,
        kept,
      })
      return this.damage(signal)
    }
    const damage = found.kind === 'damaged' ? this.#advice(found.problem) : null
    this.#checked = { version, damage }
    return damage
  }

  async moveAside(): Promise<void> {
    const { dataFolder, log } = this.#options
    log('moved the damaged append-only file aside', { to: await moveAppendOnlyAside(dataFolder) })
    this.#checked = null
  }

  #advice(problem: string): string {
    const manifest = join(this.#options.dataFolder, 'appendonlydir', 'appendonly.aof.manifest')
    return `${problem}. This Redis copies the data as soon as another Redis is the primary. If no Redis has sound data, copy this folder, then run: redis-check-aof --fix ${manifest}`
  }
}
