import { type Hmac, timingSafeEqual } from 'node:crypto'
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
  /** `authenticated` is false for format version 1, which has no MAC. */
  | { kind: 'header'; header: BackupHeader; authenticated: boolean }
  | { kind: 'record'; entry: RecordEntry }
  | { kind: 'end' }

const FORMAT = 'holdfast-backup'
const VERSION = 2
/** The format without a MAC. */
const VERSION_WITHOUT_MAC = 1
/** The purpose that the key of the MAC is derived for. */
export const MAC_PURPOSE = 'backup mac 1'

const headerSchema = z.object({
  format: z.literal(FORMAT),
  version: z.int(),
  dataCentre: z.string(),
  keyring: z.string(),
  beganAt: z.iso.datetime(),
})
const endSchema = z.object({ records: z.int(), mac: z.string().optional() })

/**
 * The text of a backup: a line of JSON for the header; for each record a line with its key, a space, and its bytes in
 * base64; and a last line of JSON with the number of records, which shows that the backup is complete, and the MAC over all
 * lines before and this number, which shows that a holder of the key ring wrote it.
 */
export async function* writeBackup(
  header: BackupHeader,
  batches: AsyncIterable<readonly RecordEntry[]>,
  mac: Hmac,
): AsyncGenerator<Buffer> {
  const authenticated = (lines: Buffer) => {
    mac.update(lines)
    return lines
  }
  yield authenticated(jsonLine({ format: FORMAT, version: VERSION, ...header }))
  let records = 0
  for await (const entries of batches) {
    records += entries.length
    const lines = entries.map(({ key, bytes }) => `${key} ${bytes.toString('base64')}\n`)
    yield authenticated(Buffer.from(lines.join('')))
  }
  mac.update(jsonLine({ records }))
  yield jsonLine({ records, mac: mac.digest('base64') })
}

/**
 * Reads what {@link writeBackup} wrote, and format version 1, which has no MAC. Throws `BACKUP_REFUSED` for anything else; a
 * wrong MAC shows only at the end. INV-OPERATIONS-18.
 */
export async function* readBackup(bytes: AsyncIterable<Uint8Array>, mac: Hmac): AsyncGenerator<BackupPart> {
  let records = 0
  let state: 'before' | 'within' | 'after' = 'before'
  let authenticated = false
  for await (const line of linesOf(bytes)) {
    if (state === 'after') throw damaged('something follows its end')
    if (state === 'before') {
      mac.update(`${line}\n`, 'latin1')
      const { version, ...header } = parseHeader(line)
      authenticated = version === VERSION
      yield { kind: 'header', header, authenticated }
      state = 'within'
    } else if (line.startsWith('{')) {
      const end = endSchema.safeParse(parseJson(line)).data
      if (end?.records !== records)
        throw damaged(`it holds ${records} records, and its last line has another number`)
      mac.update(jsonLine({ records }))
      if (authenticated && !isMac(end.mac, mac)) {
        throw refused(
          'The backup was changed, or it was not made with the key ring of this data centre: its MAC is wrong. Use another copy. Nothing was changed.',
        )
      }
      yield { kind: 'end' }
      state = 'after'
    } else {
      records += 1
      mac.update(`${line}\n`, 'latin1')
      yield { kind: 'record', entry: parseRecord(line, records) }
    }
  }
  if (state !== 'after') throw damaged('its end is missing')
}

function isMac(text: string | undefined, mac: Hmac): boolean {
  const [given, computed] = [Buffer.from(text ?? '', 'base64'), mac.digest()]
  return given.length === computed.length && timingSafeEqual(given, computed)
}

function parseHeader(line: string): BackupHeader & { version: number } {
  const header = headerSchema.safeParse(parseJson(line)).data
  if (header === undefined) throw noBackup('its header is missing')
  const { dataCentre, keyring, beganAt, version } = header
  if (version !== VERSION && version !== VERSION_WITHOUT_MAC) {
    throw refused(
      `The backup has format version ${version}, and this Holdfast reads versions ${VERSION_WITHOUT_MAC} and ${VERSION}. Restore it with the version of Holdfast that made it. Nothing was changed.`,
    )
  }
  return { dataCentre, keyring, beganAt, version }
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
