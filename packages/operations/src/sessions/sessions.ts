import { storeOptions } from '@holdfast/local/state/store-options'
import { ClusterError } from '@holdfast/site/errors'
import { createRedisStore, isBookkeeping, type SessionSummary } from '@holdfast/tokens'
import type { RecordStore } from '@holdfast/tokens/records'
import { type DataCentrePlace, openDataCentre } from '../data-centre/open.ts'
import { withRecords } from '../records.ts'

export type ListSessionsOptions = DataCentrePlace & {
  /** Only the sessions of this subject. */
  subject?: string
  /** Maximum of sessions in the answer, 1 or more. */
  max: number
}

export interface SessionList {
  /** The newest first. */
  sessions: SessionSummary[]
  /** How many there are, in the answer or not. */
  total: number
  /** Live sessions whose record no key of the key ring opens. */
  unreadable: number
}

/**
 * The live sessions of a data centre, or of one subject; without internal records. Throws `NOT_RUNNING`, `STATE_UNUSABLE`,
 * `PRIMARY_CHANGED` when the primary changes meanwhile, `STORE_UNAVAILABLE` when no answer is certain, `INVALID_OPTION`.
 */
export async function listSessions(options: ListSessionsOptions): Promise<SessionList> {
  const { subject, max } = options
  const dataCentre = await openDataCentre(options)
  const newest = new Newest(max)
  if (subject !== undefined) {
    const store = createRedisStore(storeOptions(dataCentre))
    try {
      await store.ready()
      for (const session of await store.list(subject)) newest.add(session)
    } finally {
      await store.close()
    }
    return { ...newest.list(), unreadable: 0 }
  }
  return withRecords(dataCentre, undefined, async ({ store, scan }) => {
    let unreadable = 0
    for await (const entries of scan()) {
      for (const entry of entries) {
        const reading = store.read(entry)
        if (reading.state === 'unreadable') unreadable += 1
        if (reading.state !== 'live' || isBookkeeping(reading.session.subject)) continue
        if (isLive(reading.session)) newest.add(reading.session)
      }
    }
    return { ...newest.list(), unreadable }
  })
}

/** A session by its public id. */
export type FoundSession =
  | ({ state: 'live' | 'expired' } & SessionSummary)
  | { state: 'revoked'; id: string; expiresAtMs: number }

/** One session, by its public id. Throws `NO_SUCH_SESSION`, and as {@link listSessions}. */
export async function showSession(options: DataCentrePlace & { id: string }): Promise<FoundSession> {
  const dataCentre = await openDataCentre(options)
  return withRecords(dataCentre, undefined, async ({ store, scan }) => {
    for await (const entries of scan()) {
      for (const entry of entries) {
        const found = foundIn(store.read(entry))
        if (found?.id === options.id) return found
      }
    }
    throw noSuchSession(options.id)
  })
}

function foundIn(reading: ReturnType<RecordStore['read']>): FoundSession | null {
  if (reading.state === 'unreadable') return null
  if (reading.state === 'revoked') return reading
  return { state: isLive(reading.session) ? 'live' : 'expired', ...reading.session }
}

export const isLive = ({ idleUntilMs, expiresAtMs }: SessionSummary) =>
  Date.now() < Math.min(idleUntilMs, expiresAtMs)

export const noSuchSession = (id: string) =>
  new ClusterError(
    'NO_SUCH_SESSION',
    `There is no session with the public id "${id}". It may have ended; \`holdfast sessions list\` lists the live ones.`,
  )

/** Collects the newest sessions, and keeps at most twice as many as are wanted. */
class Newest {
  readonly #max: number
  readonly #ids = new Set<string>()
  #sessions: SessionSummary[] = []

  constructor(max: number) {
    this.#max = max
  }

  add(session: SessionSummary): void {
    if (this.#ids.has(session.id)) return
    this.#ids.add(session.id)
    this.#sessions.push(session)
    if (this.#sessions.length >= 2 * this.#max) this.#sessions = this.#sorted()
  }

  list(): { sessions: SessionSummary[]; total: number } {
    return { sessions: this.#sorted(), total: this.#ids.size }
  }

  #sorted(): SessionSummary[] {
    return this.#sessions.sort((one, other) => other.issuedAtMs - one.issuedAtMs).slice(0, this.#max)
  }
}
