import { exclusively } from '@holdfast/local/state/lock'
import type { OpenDataCentre } from '@holdfast/local/state/open'
import { ClusterError } from '@holdfast/site/errors'
import type { MergeOutcome, RecordEntry, RecordStore } from '@holdfast/tokens/records'
import { type DataCentrePlace, openDataCentre } from '../data-centre/open.ts'
import { withRecords } from '../records.ts'
import { type BackupKey, unlock } from './encryption.ts'
import { beginningOf, contentsOf, openToRead } from './file.ts'
import { type BackupHeader, type BackupPart, MAC_PURPOSE, readBackup, refused } from './format.ts'

export type RestoreOptions = DataCentrePlace & RestoreChoice

interface RestoreChoice {
  /** A file that `backup` made of the same data centre. */
  file: string
  key: BackupKey
  /**
   * Accepts a backup of a Holdfast before format version 2, which has no MAC: anyone who can encrypt for the recipient may have put
   * logouts into it. Default is false.
   */
  allowUnauthenticated?: boolean | undefined
  /** Called after each step. `records` of `total` are checked or merged; `total` is null until it is known. */
  onProgress?: (progress: RestoreProgress) => void
  /** Interrupts it; merged records stay. */
  signal?: AbortSignal
}

export interface RestoreProgress {
  step: 'check' | 'merge'
  records: number
  total: number | null
}

/** The result of a restore. It counts each record of the backup once. */
export interface RestoreReport {
  dataCentre: string
  /** When the backup began: ISO 8601, UTC. */
  beganAt: string
  records: number
  /** Sessions that are active again, or that the backup has updated. */
  restored: number
  /** Sessions and logouts that the data centre already had. */
  alreadyThere: number
  /** Sessions that were revoked since the backup, and stay so. */
  keptRevoked: number
  /** Sessions, revoked ones included, whose lifetime has passed. */
  expired: number
  /** Logouts that the data centre did not have: these sessions are now revoked. */
  logOuts: number
  /** Records that no key of the key ring opens, and tombstones that end later than any session can. */
  unreadable: number
  tookMs: number
}

/** Records to merge at once: logins of users wait a millisecond or two for a batch. */
const BATCH = 128
/** The header of an age file with some hundred recipients (in bytes). */
const MAX_HEADER_BYTES = 256 * 1024

/**
 * Merges a backup into the running data centre, full or empty. First it checks the whole file; then it writes the records
 * like any write, acknowledged like logins. A session that the data centre has revoked stays revoked. If its tombstone is
 * gone the session has expired, too, because a tombstone outlives its session. A second restore changes nothing; after an
 * interruption, run it again.
 *
 * An empty data centre has lost its logouts: there, sessions come back that were logged out after the backup began.
 *
 * Throws `BACKUP_REFUSED` for a backup that is of another data centre, forged, damaged, incomplete, or does not open with the key,
 * and `FILE_UNUSABLE`, `INVALID_OPTION`, `BUSY`, `NOT_RUNNING`, `STATE_UNUSABLE`, before anything is changed;
 * `RESTORE_FAILED` and `RESTORE_ABORTED` once it has begun.
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
    // Before connections are open, because it blocks the process.
    const open = await unlock(await beginningOf(handle, MAX_HEADER_BYTES), options.key)
    return await withRecords(dataCentre, options.signal, async ({ store }) => {
      const parts = () => readBackup(open(contentsOf(handle)), store.mac(MAC_PURPOSE))
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
      'The restore was interrupted. Its merged records stay, which is safe. Run it again to complete it.',
      { cause: error },
    )
  } finally {
    await handle.close()
  }
}

/** Reads the backup to its end, so that no record of a damaged one is merged. */
async function check(
  parts: AsyncIterable<BackupPart>,
  { allowUnauthenticated, onProgress, signal }: RestoreChoice,
  checkHeader: (header: BackupHeader) => void,
): Promise<{ header: BackupHeader; total: number }> {
  let header: BackupHeader | null = null
  let total = 0
  for await (const part of parts) {
    signal?.throwIfAborted()
    if (part.kind === 'header') {
      header = part.header
      checkHeader(header)
      if (!part.authenticated && !allowUnauthenticated) {
        throw refused(
          'The backup has the format of an older Holdfast, which does not show who made it. If you are sure that it is yours, restore it with `--allow-unauthenticated`. Nothing was changed.',
        )
      }
    } else if (part.kind === 'record') {
      total += 1
      if (total % BATCH === 0) onProgress?.({ step: 'check', records: total, total: null })
    }
  }
  // A backup without a header was rejected before.
  if (header === null) throw refused('The backup is empty. Nothing was changed.')
  return { header, total }
}

function assertOurs({ dataCentre, keyring }: BackupHeader, name: string, store: RecordStore): void {
  if (dataCentre !== name) {
    throw refused(
      `The backup is of the data centre "${dataCentre}", but this is "${name}". Nothing was changed.`,
    )
  }
  if (keyring !== store.keyringId) {
    throw refused(
      `The backup is of a data centre "${dataCentre}" with another key ring, and its sessions cannot be read with this one. First restore the secrets.json of that data centre. Nothing was changed.`,
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
      `The restore ended after ${records} of ${total} records: ${(error as Error).message} Its merged records stay, which is safe. Run it again to complete it.`,
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
