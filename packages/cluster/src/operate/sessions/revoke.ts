import { createRedisStore } from '@holdfast/tokens'
import type { RecordEntry, RecordStore } from '@holdfast/tokens/records'
import { ClusterError } from '../../errors.ts'
import type { OpenDataCentre, OperationFiles } from '../../state/open.ts'
import { storeOptions } from '../../state/store-options.ts'
import { type DataCentrePlace, openDataCentre } from '../open.ts'
import { withRecords } from '../records/open.ts'
import { audit } from './audit-log.ts'
import { isLive, noSuchSession } from './sessions.ts'

/** Which sessions are to end: one by its public id, all of a subject, or all. */
export type SessionChoice = { id: string } | { subject: string } | { all: true }

export type RevokeSessionsOptions = DataCentrePlace & RevokeChoice

interface RevokeChoice {
  /** Breaks it off between two steps. */
  signal?: AbortSignal
  choice: SessionChoice
  /** Why, for the audit log. */
  reason: string
}

export interface RevokeReport {
  /** How many live sessions have ended. */
  ended: number
}

/**
 * Ends sessions for good, with a line for each in the audit log. Sessions that begin meanwhile are not among them.
 * Safe to call again: also what has ended already is ended again, so that its end is acknowledged.
 *
 * Throws `NO_SUCH_SESSION` for an id, `STORE_UNAVAILABLE` when it was not acknowledged, `REVOKE_ABORTED`, and as `listSessions`.
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
    const tell = (ids: readonly string[], outcome: 'ended' | 'unknown') =>
      audit(
        dataCentre.folder,
        ids.map((session) => ({ session, subject, reason, outcome })),
      )
    try {
      const { revokedIds } = await store.revokeSubject(subject)
      await tell(revokedIds, 'ended')
      return { ended: revokedIds.length }
    } catch (error) {
      await tell(
        sessions.map(({ id }) => id),
        'unknown',
      )
      throw error
    }
  } finally {
    await store.close()
  }
}

/** The session of an id, or every one. */
function revokeFound(
  dataCentre: OpenDataCentre,
  id: string | null,
  { reason, signal }: RevokeChoice,
): Promise<RevokeReport> {
  return withRecords(dataCentre, undefined, async ({ store, scan }) => {
    let [ended, found] = [0, 0]
    for await (const entries of scan()) {
      if (signal?.aborted) throw brokenOff(ended)
      const chosen = entries.filter((entry) => id === null || store.read(entry).id === id)
      found += chosen.length
      ended += await revokeEntries(store, dataCentre.folder, chosen, reason)
      if (id !== null && found > 0) return { ended }
    }
    if (id !== null) throw noSuchSession(id)
    return { ended }
  })
}

const brokenOff = (ended: number) =>
  new ClusterError(
    'REVOKE_ABORTED',
    `Broken off after ${ended} sessions had ended. Run it again to end the others.`,
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
  const tell = (outcome: 'ended' | 'unknown') =>
    audit(
      folder,
      live.map((line) => ({ ...line, outcome })),
    )
  try {
    await store.revoke(entries)
  } catch (error) {
    await tell('unknown')
    throw error
  }
  await tell('ended')
  return live.length
}
