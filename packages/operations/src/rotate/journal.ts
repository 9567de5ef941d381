import { rm } from 'node:fs/promises'
import { ClusterError } from '@holdfast/site/errors'
import { readIfThere, writePrivate } from '@holdfast/site/private-file'
import type { z } from 'zod'

/** How a kind of rotation keeps its journal. */
export interface JournalFormat<Journal> {
  schema: z.ZodType<Journal>
  /** The remedy for a file that cannot be read: a sentence. Null: such a file counts as none. */
  remedy: string | null
}

/** The file in which a rotation notes how far it has come. Mode 0600: it may hold secrets. */
export class JournalFile<Journal> {
  readonly #file: string
  readonly #format: JournalFormat<Journal>

  constructor(file: string, format: JournalFormat<Journal>) {
    this.#file = file
    this.#format = format
  }

  /** Null when no rotation is unfinished. Throws `STATE_UNUSABLE`, without the text of the file. */
  async read(): Promise<Journal | null> {
    const text = await readIfThere(this.#file)
    if (text === null) return null
    const { schema, remedy } = this.#format
    const parsed = schema.safeParse(parseJson(text))
    if (parsed.success) return parsed.data
    if (remedy === null) return null
    throw new ClusterError('STATE_UNUSABLE', `${this.#file} is not the journal of a rotation. ${remedy}`)
  }

  write(journal: Journal): Promise<void> {
    return writePrivate(this.#file, `${JSON.stringify(journal, null, 2)}\n`)
  }

  delete(): Promise<void> {
    return rm(this.#file, { force: true })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
