import { ClusterError } from '@holdfast/site/errors'
import type { RecordEntry } from '@holdfast/tokens/records'
import { z } from 'zod'

/** The header of a backup. */
export interface BackupHeader {
  dataCentre: string
  /** Id of the key ring, without which the records cannot be read. */
  keyring: string
  /** When it began: ISO 8601, UTC. Later logouts are not in it. */
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
 * base64; and a last line of JSON with the number of records, which shows that the backup is complete.
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
      if (end?.records !== records)
        throw damaged(`it holds ${records} records, and its last line has another number`)
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
  if (header === undefined) throw noBackup('its header is missing')
  const { dataCentre, keyring, beganAt, version } = header
  if (version !== VERSION) {
    throw refused(
      `The backup has format version ${version}, and this Holdfast reads version ${VERSION}. Restore it with the version of Holdfast that made it. Nothing was changed.`,
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

/** The longest record is about 64 KiB, in base64. */
const MAX_LINE_LENGTH = 256 * 1024

/**
 * The lines of an ASCII text, without their ends. Text after the last line end is a line, too. Throws `BACKUP_REFUSED` for
 * an endless line.
 */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of bytes) {
    const pieces = (rest + Buffer.from(chunk).toString('latin1')).split('\n')
    rest = pieces.pop() ?? ''
    yield* pieces
    if (rest.length > MAX_LINE_LENGTH) throw damaged('a line has no end')
  }
  if (rest !== '') yield rest
}

/** A backup whose contents have changed. `what` ends the sentence. */
export const damaged = (what: string, cause?: unknown) =>
  refused(`The backup is damaged or incomplete: ${what}. Use another copy. Nothing was changed.`, cause)

/** `because` ends the sentence. */
export const noBackup = (because: string) =>
  refused(`The file is not a backup of Holdfast: ${because}. Nothing was changed.`)

export const refused = (message: string, cause?: unknown) =>
  new ClusterError('BACKUP_REFUSED', message, { cause })
