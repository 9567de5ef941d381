import { resolve } from 'node:path'
import { ClusterError } from '@holdfast/site/errors'
import type { RecordEntry } from '@holdfast/tokens/records'
import { type DataCentrePlace, openDataCentre } from '../data-centre/open.ts'
import { withRecords } from '../records.ts'
import { type BackupLock, encrypt, makeEncrypter } from './encryption.ts'
import { assertNew, writeWhole } from './file.ts'
import { MAC_PURPOSE, writeBackup } from './format.ts'

export type BackupOptions = DataCentrePlace & BackupChoice

interface BackupChoice {
  /** The file to write. It must not exist. */
  file: string
  lock: BackupLock
  /** Called after each step with the number of records read. */
  onProgress?: (progress: { records: number }) => void
  /** Interrupts it, and leaves no file. */
  signal?: AbortSignal
}

export interface BackupReport {
  dataCentre: string
  file: string
  /** Size of the file. */
  bytes: number
  /** Sessions that were live. */
  sessions: number
  /** Sessions that were revoked. A restore keeps them revoked. */
  revoked: number
  /** Records of a sealing key that is no longer in the key ring. A restore skips them. */
  unreadable: number
  /** ISO 8601, UTC. Later logouts are not in the backup. */
  beganAt: string
  tookMs: number
}

/**
 * Copies the sessions of a running data centre into an encrypted file (age), as they are stored: it contains no token, and
 * only a token opens its claims. A MAC with a key of the key ring shows who made it. Reads the primary in small steps, so
 * that logins and logouts continue. Every session that exists from the beginning to the end is in it.
 *
 * Throws `INVALID_OPTION` for an invalid lock, `FILE_UNUSABLE`, `PRIMARY_CHANGED` when the primary changes meanwhile,
 * `BACKUP_ABORTED`, `NOT_RUNNING`, `STATE_UNUSABLE`, and `STORE_UNAVAILABLE` when there is no primary.
 * INV-OPERATIONS-16.
 */
export async function backup(options: BackupOptions): Promise<BackupReport> {
  const { lock, onProgress, signal } = options
  const beganMs = performance.now()
  const file = resolve(options.file)
  const encrypter = await makeEncrypter(lock)
  await assertNew(file)
  const local = await openDataCentre(options)
  const dataCentre = local.topology.name
  const counts = { live: 0, revoked: 0, unreadable: 0 }
  try {
    return await withRecords(local, signal, async ({ store, scan }) => {
      async function* counted(): AsyncGenerator<RecordEntry[]> {
        let records = 0
        for await (const entries of scan()) {
          signal?.throwIfAborted()
          for (const entry of entries) counts[store.read(entry).state] += 1
          yield entries
          records += entries.length
          onProgress?.({ records })
        }
      }
      const beganAt = new Date().toISOString()
      const header = { dataCentre, keyring: store.keyringId, beganAt }
      const lines = writeBackup(header, counted(), store.mac(MAC_PURPOSE))
      const bytes = await writeWhole(file, await encrypt(lines, encrypter))
      const { live: sessions, revoked, unreadable } = counts
      const tookMs = Math.round(performance.now() - beganMs)
      return { dataCentre, file, bytes, sessions, revoked, unreadable, beganAt, tookMs }
    })
  } catch (error) {
    if (!signal?.aborted) throw error
    throw new ClusterError('BACKUP_ABORTED', 'The backup was interrupted. No file was left.', {
      cause: error,
    })
  }
}
