import type { RecordEntry } from '@holdfast/tokens/records'
import { z } from 'zod'
import { linesOf } from './lines.ts'
import { damaged, noBackup, refused } from './refusals.ts'

/** What a backup begins with. */
export interface BackupHeader {
  dataCentre: string
  /** Id of the key ring, without which the records cannot be read. */
  keyring: string
  /** When it was begun: ISO 8601, UTC. Log-outs after it are not in it. */
  beganAt: string
}

/** A part of a backup, in this order: one header, records, one end. */
export type BackupPart =
  | { kind: 'header'; header: BackupHeader }
  | { kind: 'record'; entry: RecordEntry }
  | { kind: 'end' }

const FORMAT = 'holdfast-backup'
const VERSION = 1

const headerSchema = z.object({
  format: z.literal(FORMAT),
  version: z.int(),
  dataCentre: z.string(),
  keyring: z.string(),
  beganAt: z.iso.datetime(),
})
const endSchema = z.object({ records: z.int() })

/**
 * The text of a backup: a line of JSON for the header; for each record a line with its key, a space, and its bytes in
 * base64; and a line of JSON with the number of records, without which it is not whole.
 */
export async function* writeBackup(
  header: BackupHeader,
  batches: AsyncIterable<readonly RecordEntry[]>,
): AsyncGenerator<Buffer> {
  yield jsonLine({ format: FORMAT, version: VERSION, ...header })
  let records = 0
  for await (const entries of batches) {
    records += entries.length
    yield Buffer.from(entries.map(({ key, bytes }) => `${key} ${bytes.toString('base64')}\n`).join(''))
  }
  yield jsonLine({ records })
}

/** Reads what {@link writeBackup} wrote. Throws `BACKUP_REFUSED` for anything else. INV-OPERATIONS-18. */
export async function* readBackup(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<BackupPart> {
  let records = 0
  let state: 'before' | 'within' | 'after' = 'before'
  for await (const line of linesOf(bytes)) {
    if (state === 'after') throw damaged('something follows its end')
    if (state === 'before') {
      yield { kind: 'header', header: parseHeader(line) }
      state = 'within'
    } else if (line.startsWith('{')) {
      const end = endSchema.safeParse(parseJson(line)).data
      if (end?.records !== records) throw damaged(`it holds ${records} records and says otherwise`)
      yield { kind: 'end' }
      state = 'after'
    } else {
      records += 1
      yield { kind: 'record', entry: parseRecord(line, records) }
    }
  }
  if (state !== 'after') throw damaged('its end is missing')
}

function parseHeader(line: string): BackupHeader {
  const header = headerSchema.safeParse(parseJson(line)).data
  if (header === undefined) throw noBackup('it holds something else')
  const { dataCentre, keyring, beganAt, version } = header
  if (version !== VERSION) {
    throw refused(
      `The backup has format version ${version}, and this Holdfast reads version ${VERSION}. Restore it with the Holdfast that made it; nothing was changed.`,
    )
  }
  return { dataCentre, keyring, beganAt }
}

function parseRecord(line: string, number: number): RecordEntry {
  const [key = '', text = '', ...more] = line.split(' ')
  const bytes = Buffer.from(text, 'base64')
  if (!key.startsWith('hf:') || more.length > 0 || text === '' || bytes.toString('base64') !== text) {
    throw damaged(`record ${number} is malformed`)
  }
  return { key, bytes }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

const jsonLine = (value: unknown) => Buffer.from(`${JSON.stringify(value)}\n`)
