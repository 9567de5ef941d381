import { z } from 'zod'
import { JournalFile } from '../journal.ts'

const schema = z.object({ issued: z.record(z.string(), z.string()) })

/**
 * The certificates that an unfinished rotation has issued: fingerprints by holder. Holds no secret.
 * INV-OPERATIONS-15.
 */
export class IssueJournal {
  readonly #file: JournalFile<z.output<typeof schema>>
  readonly #issued: Map<string, string>

  private constructor(file: JournalFile<z.output<typeof schema>>, issued: Map<string, string>) {
    this.#file = file
    this.#issued = issued
  }

  /** A file that cannot be read counts as none: at worst a certificate is issued twice. */
  static async open(path: string): Promise<IssueJournal> {
    const file = new JournalFile(path, { schema, remedy: null })
    const saved = await file.read()
    return new IssueJournal(file, new Map(Object.entries(saved?.issued ?? {})))
  }

  get isEmpty(): boolean {
    return this.#issued.size === 0
  }

  /** The holders of the certificates that it has issued. */
  get holders(): string[] {
    return [...this.#issued.keys()]
  }

  fingerprintOf(holder: string): string | undefined {
    return this.#issued.get(holder)
  }

  async add(holder: string, fingerprint: string): Promise<void> {
    this.#issued.set(holder, fingerprint)
    await this.#file.write({ issued: Object.fromEntries(this.#issued) })
  }

  async end(): Promise<void> {
    await this.#file.delete()
  }
}
