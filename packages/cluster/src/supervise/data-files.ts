import { join } from 'node:path'
import { problemOfUsers } from '../state/acl-file.ts'
import {
  appendOnlyVersion,
  cutUnfinishedEnd,
  inspectAppendOnly,
  moveAppendOnlyAside,
} from '../state/append-only.ts'
import { readIfThere } from '../state/private-file.ts'

export interface DataFilesOptions {
  dataFolder: string
  aclFile: string
  /** The program of the engine. */
  server: string
  log: (event: string, details: Record<string, unknown>) => void
}

/** The files of one Redis that are looked at before each start. INV-AGENT-3. */
export class DataFiles {
  readonly #options: DataFilesOptions
  /** What was found in which version of the files. */
  #checked: { version: string; damage: string | null } | null = null

  constructor(options: DataFilesOptions) {
    this.#options = options
  }

  /** Why Redis must not start with its users as they are; null when it may. */
  async problemOfUsers(): Promise<string | null> {
    const { aclFile } = this.#options
    const text = await readIfThere(aclFile)
    const problem = text === null ? null : problemOfUsers(text)
    return problem === null ? null : `${aclFile} cannot be used: ${problem}.`
  }

  /**
   * Cuts off what a power cut has left unfinished. Answers why the append-only file cannot be used, with what to do; null
   * when it can. Checks again only after a change. Throws when the checker cannot be run.
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
    return `${problem}. It is copied from the primary as soon as another Redis is the primary. If no Redis has sound data, copy this folder, then run: redis-check-aof --fix ${manifest}`
  }
}
