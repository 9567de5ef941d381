import type { MergeOutcome, RecordEntry, RecordStore } from '@holdfast/tokens/records'
import { ClusterError } from '../../errors.ts'
import type { OpenDataCentre } from '../../state/open.ts'
import { exclusively } from '../lock.ts'
import { type DataCentrePlace, openDataCentre } from '../open.ts'
import { withRecords } from '../records/open.ts'
import { type BackupKey, unlock } from './encryption.ts'
import { beginningOf, contentsOf, openToRead } from './file.ts'
import { type BackupHeader, type BackupPart, readBackup } from './format.ts'
import { refused } from './refusals.ts'

export type RestoreOptions = DataCentrePlace & RestoreChoice

interface RestoreChoice {
  /** A file that `backup` made of the same data centre. */
  file: string
  key: BackupKey
  /** Told after each step. `records` of `total` are checked or merged; `total` is null while it is not known. */
  onProgress?: (progress: RestoreProgress) => void
  /** Breaks it off; what was merged stays. */
  signal?: AbortSignal
}

export interface RestoreProgress {
  step: 'check' | 'merge'
  records: number
  total: number | null
}

/** What became of the backup's records: each is counted once. */
export interface RestoreReport {
  dataCentre: string
  /** When the backup was begun: ISO 8601, UTC. */
  beganAt: string
  records: number
  /** Sessions that are active again, or that the backup knew more of. */
  restored: number
  /** Sessions and log-outs that the data centre knew already. */
  alreadyThere: number
  /** Sessions that were revoked since the backup, and stay so. */
  keptRevoked: number
  /** Sessions, revoked ones included, whose lifetime has passed. */
  expired: number
  /** Log-outs that the data centre did not know: those sessions have ended. */
  logOuts: number
  /** Records that no key of the key ring opens. */
  unreadable: number
  tookMs: number
}

/** Records that are merged at once: logins of users wait a millisecond or two for them. */
const BATCH = 128
/** The header of an age file with some hundred recipients. */
const MOST_HEADER_BYTES = 256 * 1024

/**
 * Merges a backup into the running data centre, full or empty. First the whole file is checked; then its records go the
 * way of all writes, and are acknowledged like logins. A session that the data centre knows to be revoked stays
 * revoked, and one whose revocation it has forgotten has expired: a tombstone outlives its session. Running it again
 * changes nothing; one that was interrupted is run again.
 *
 * What the data centre has lost, it cannot know: into an empty one, sessions come back that were logged out after the
 * backup was begun.
 *
 * Throws `BACKUP_REFUSED` for a backup of another data centre, damaged, incomplete or locked otherwise, and
 * `FILE_UNUSABLE`, `INVALID_OPTION`, `BUSY`, `NOT_RUNNING`, `STATE_UNUSABLE`, before anything is changed; `RESTORE_FAILED` and
 * `RESTORE_ABORTED` when it had begun.
 * INV-OPERATIONS-19.
 */
export async function restore(options: RestoreOptions): Promise<RestoreReport> {
  const dataCentre = await openDataCentre(options)
  return exclusively(dataCentre, 'restore', () => restoreInto(dataCentre, options))
}

async function restoreInto(dataCentre: OpenDataCentre, options: RestoreChoice): Promise<RestoreReport> {
  const beganMs = performance.now()
  const handle = await openToRead(options.file)
  try {
    // Before there are connections, which would not be served meanwhile.
    const open = await unlock(await beginningOf(handle, MOST_HEADER_BYTES), options.key)
    const parts = () => readBackup(open(contentsOf(handle)))
    return await withRecords(dataCentre, options.signal, async ({ store }) => {
      const { header, total } = await check(parts(), options, (found) => {
        assertOurs(found, dataCentre.topology.name, store)
      })
      const counts = await merge(parts(), options, store, total)
      const { beganAt } = header
      const tookMs = Math.round(performance.now() - beganMs)
      return { dataCentre: header.dataCentre, beganAt, records: total, ...counts, tookMs }
    })
  } catch (error) {
    if (!options.signal?.aborted) throw error
    throw new ClusterError(
      'RESTORE_ABORTED',
      'The restore was broken off. What it had merged stays, and does no harm; run it again to complete it.',
      { cause: error },
    )
  } finally {
    await handle.close()
  }
}

/** Reads the backup to its end, so that nothing of a damaged one is merged. */
async function check(
  parts: AsyncIterable<BackupPart>,
  { onProgress, signal }: RestoreChoice,
  checkHeader: (header: BackupHeader) => void,
): Promise<{ header: BackupHeader; total: number }> {
  let header: BackupHeader | null = null
  let total = 0
  for await (const part of parts) {
    signal?.throwIfAborted()
    if (part.kind === 'header') {
      header = part.header
      checkHeader(header)
    } else if (part.kind === 'record') {
      total += 1
      if (total % BATCH === 0) onProgress?.({ step: 'check', records: total, total: null })
    }
  }
  // A backup without a header was refused.
  if (header === null) throw refused('The backup is empty; nothing was changed.')
  return { header, total }
}

function assertOurs({ dataCentre, keyring }: BackupHeader, name: string, store: RecordStore): void {
  if (dataCentre !== name) {
    throw refused(
      `The backup is of the data centre "${dataCentre}", and this is "${name}": its sessions mean nothing here. Nothing was changed.`,
    )
  }
  if (keyring !== store.keyringId) {
    throw refused(
      `The backup is of a data centre "${dataCentre}" with another key ring, without which its sessions cannot be read. Put back the secrets of that one (secrets.json) first. Nothing was changed.`,
    )
  }
}

type Counts = Pick<
  RestoreReport,
  'restored' | 'alreadyThere' | 'keptRevoked' | 'expired' | 'logOuts' | 'unreadable'
>

async function merge(
  parts: AsyncIterable<BackupPart>,
  { onProgress, signal }: RestoreChoice,
  store: RecordStore,
  total: number,
): Promise<Counts> {
  const counts: Counts = {
    restored: 0,
    alreadyThere: 0,
    keptRevoked: 0,
    expired: 0,
    logOuts: 0,
    unreadable: 0,
  }
  let records = 0
  const mergeBatch = async (entries: RecordEntry[]) => {
    signal?.throwIfAborted()
    const outcomes = await store.merge(entries, signal === undefined ? {} : { signal })
    for (const [place, outcome] of outcomes.entries()) {
      const entry = entries[place]
      if (entry !== undefined) counts[countOf(outcome, store.read(entry).state === 'revoked')] += 1
    }
    records += entries.length
    onProgress?.({ step: 'merge', records, total })
  }
  try {
    let entries: RecordEntry[] = []
    for await (const part of parts) {
      if (part.kind !== 'record') continue
      entries.push(part.entry)
      if (entries.length < BATCH) continue
      await mergeBatch(entries)
      entries = []
    }
    if (entries.length > 0) await mergeBatch(entries)
    return counts
  } catch (error) {
    throw new ClusterError(
      'RESTORE_FAILED',
      `The restore ended after ${records} of ${total} records: ${(error as Error).message} What it had merged stays, and does no harm; run it again to complete it.`,
      { cause: error },
    )
  }
}

function countOf(outcome: MergeOutcome, isTombstone: boolean): keyof Counts {
  if (outcome === 'expired' || outcome === 'unreadable') return outcome
  if (outcome === 'kept-revoked') return 'keptRevoked'
  if (outcome === 'known') return 'alreadyThere'
  return isTombstone ? 'logOuts' : 'restored'
}
