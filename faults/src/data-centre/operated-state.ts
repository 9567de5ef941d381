import { mkdir, readFile } from 'node:fs/promises'
import { StateFolder } from '@holdfast/local/state/folder'
import { writePlan } from '@holdfast/local/state/saved-plan'
import { writeSecrets } from '@holdfast/local/state/secrets-file'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { parseSecrets } from '@holdfast/site/secrets/secrets'
import type { LocalPlan } from '@holdfast/site/topology/local-plan'

/** The state folder of the data centre, which the product's operations read and write. */
export class OperatedState {
  readonly #folder: StateFolder

  private constructor(folder: StateFolder) {
    this.#folder = folder
  }

  /** Without a plan, the state folder contains only the secrets, and no operation can run. */
  static async create(path: string, plan: LocalPlan | null, secrets: Secrets): Promise<OperatedState> {
    await mkdir(path, { mode: 0o700 })
    const folder = new StateFolder(path)
    if (plan !== null) await writePlan(folder, plan)
    await writeSecrets(folder, secrets)
    return new OperatedState(folder)
  }

  get path(): string {
    return this.#folder.path
  }

  get controlSocket(): string {
    return this.#folder.controlSocket
  }

  /** Reads the current secrets. A rotation replaces them. */
  async secrets(): Promise<Secrets> {
    const secrets = parseSecrets(await readFile(this.#folder.secretsFile, 'utf8'))
    if (secrets === null) throw new Error(`${this.#folder.secretsFile} does not contain valid secrets.`)
    return secrets
  }
}
