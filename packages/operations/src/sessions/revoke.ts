import type { OpenDataCentre, OperationFiles } from '@holdfast/local/state/open'
import { storeOptions } from '@holdfast/local/state/store-options'
import { ClusterError } from '@holdfast/site/errors'
import { createRedisStore } from '@holdfast/tokens'
import type { RecordEntry, RecordStore } from '@holdfast/tokens/records'
import { type DataCentrePlace, openDataCentre } from '../data-centre/open.ts'
import { withRecords } from '../records.ts'
import { audit } from './audit-log.ts'
import { isLive, noSuchSession } from './sessions.ts'

/** The sessions to revoke: one by its public id, all of a subject, or all. */
export type SessionChoice = { id: string } | { subject: string } | { all: true }

export type RevokeSessionsOptions = DataCentrePlace & RevokeChoice

interface RevokeChoice {
  /** Interrupts it between two steps. */
  signal?: AbortSignal
  choice: SessionChoice
  /** The reason, for the audit log. */
  reason: string
}

export interface RevokeReport {
  /** How many live sessions were revoked. */
  ended: number
}

/**
 * Revokes sessions, with one line per session in the audit log. It does not include sessions that begin meanwhile. Safe to
 * call again: it revokes sessions that have ended, too, so that their end is acknowledged.
 *
 * Throws `NO_SUCH_SESSION` for an id, `STORE_UNAVAILABLE` when a revocation was not acknowledged, `REVOKE_ABORTED`, and as
 * `listSessions`.
 */
export async function revokeSessions(options: RevokeSessionsOptions): Promise<RevokeReport> {
  const { choice } = options
  const dataCentre = await openDataCentre(options)
  return 'subject' in choice
    ? revokeSubject(dataCentre, choice.subject, options.reason)
    : revokeFound(dataCentre, 'id' in choice ? choice.id : null, options)
}

async function revokeSubject(
  dataCentre: OpenDataCentre,
  subject: string,
  reason: string,
): Promise<RevokeReport> {
  const store = createRedisStore(storeOptions(dataCentre))
  try {
    await store.ready()
    const sessions = await store.list(subject)
    const log = (ids: readonly string[], outcome: 'ended' | 'unknown') =>
      audit(
        dataCentre.folder,
        ids.map((session) => ({ session, subject, reason, outcome })),
      )
    try {
      const { revokedIds } = await store.revokeSubject(subject)
      await log(revokedIds, 'ended')
      return { ended: revokedIds.length }
    } catch (error) {
      await log(
        sessions.map(({ id }) => id),
        'unknown',
      )
      throw error
    }
  } finally {
    await store.close()
  }
}

/** Revokes the session of an id, or every session. */
function revokeFound(
  dataCentre: OpenDataCentre,
  id: string | null,
  { reason, signal }: RevokeChoice,
): Promise<RevokeReport> {
  return withRecords(dataCentre, undefined, async ({ store, scan }) => {
    let [ended, found] = [0, 0]
    for await (const entries of scan()) {
      if (signal?.aborted) throw interrupted(ended)
      const chosen = entries.filter((entry) => id === null || store.read(entry).id === id)
      found += chosen.length
      ended += await revokeEntries(store, dataCentre.folder, chosen, reason)
      if (id !== null && found > 0) return { ended }
    }
    if (id !== null) throw noSuchSession(id)
    return { ended }
  })
}

const interrupted = (ended: number) =>
  new ClusterError(
    'REVOKE_ABORTED',
    `Interrupted after ${ended} sessions were revoked. Run the command again to revoke the others.`,
  )

/** Answers how many of them were live. */
async function revokeEntries(
  store: RecordStore,
  folder: OperationFiles,
  entries: readonly RecordEntry[],
  reason: string,
): Promise<number> {
  const live = entries.flatMap((entry) => {
    const reading = store.read(entry)
    if (reading.state === 'revoked' || (reading.state === 'live' && !isLive(reading.session))) return []
    const subject = reading.state === 'live' ? reading.session.subject : null
    return reading.id === null ? [] : { session: reading.id, subject, reason }
  })
  const log = (outcome: 'ended' | 'unknown') =>
    audit(
      folder,
      live.map((line) => ({ ...line, outcome })),
    )
  try {
    await store.revoke(entries)
  } catch (error) {
    await log('unknown')
    throw error
  }
  await log('ended')
  return live.length
}
