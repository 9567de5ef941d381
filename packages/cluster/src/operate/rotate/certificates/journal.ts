import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { readIfThere, writePrivate } from '../../../state/private-file.ts'

const schema = z.object({ issued: z.record(z.string(), z.string()) })

/**
 * Which certificates a rotation that has not ended has issued: fingerprints by their holders. Holds no secret.
 * INV-OPERATIONS-15.
 */
export class IssueJournal {
  readonly #file: string
  readonly #issued: Map<string, string>

  private constructor(file: string, issued: Map<string, string>) {
    this.#file = file
    this.#issued = issued
  }

  /** One that cannot be read is begun anew: at worst a certificate is issued twice. */
  static async open(file: string): Promise<IssueJournal> {
    const saved = schema.safeParse(parseJson(await readIfThere(file)))
    return new IssueJournal(file, new Map(Object.entries(saved.data?.issued ?? {})))
  }

  get isEmpty(): boolean {
    return this.#issued.size === 0
  }

  /** Whose certificates it has issued. */
  get holders(): string[] {
    return [...this.#issued.keys()]
  }

  fingerprintOf(holder: string): string | undefined {
    return this.#issued.get(holder)
  }

  async add(holder: string, fingerprint: string): Promise<void> {
    this.#issued.set(holder, fingerprint)
    const text = JSON.stringify({ issued: Object.fromEntries(this.#issued) }, null, 2)
    await writePrivate(this.#file, `${text}\n`)
  }

  async end(): Promise<void> {
    await rm(this.#file, { force: true })
  }
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return null
  }
}
