import type { CallOptions } from './deadline.ts'
import type { Session } from './store/api/verification.ts'
import type { TokenStore } from './store/session/token-store.ts'

/**
 * A session is extended when a tenth of its idle lifetime has passed since the last extension. With 30 minutes,
 * that is one write per session every three minutes, and an idle session ends after 27 to 30 minutes.
 */
const WORTH_EXTENDING = 0.1
/** Maximum number of concurrent extensions. A session that is skipped is extended at a later request. */
const AT_ONCE = 64
/** Longer than the failover from a lost host takes (in milliseconds). */
const TIMEOUT_MS = 5000

/** Extends sessions in use, so that they do not expire as idle. No request waits for it. */
export interface IdleExtender {
  /** Extends the session in the background if it is due. Never throws, never waits. */
  extendWhenDue(token: string, session: Session): void
}

export interface IdleExtenderOptions {
  store: TokenStore
  /** The idle lifetime that a session is extended to (in milliseconds). Set it to the `idleMs` of the store. */
  idleMs: number
  /** Cancels extensions that are in progress. */
  signal?: AbortSignal
  /** Called with the reason if a session could not be extended. Must not throw. */
  onFailure: (error: unknown) => void
}

/** Creates the extender with which a web server extends the sessions that it verifies. */
export function createIdleExtender(options: IdleExtenderOptions): IdleExtender {
  const { store, idleMs, signal, onFailure } = options
  const underWay = new Set<string>()

  function isDue({ id, idleUntilMs, expiresAtMs }: Session): boolean {
    const sinceExtendedMs = idleMs - (idleUntilMs - store.nowMs())
    return idleUntilMs < expiresAtMs && sinceExtendedMs >= idleMs * WORTH_EXTENDING && !underWay.has(id)
  }

  async function extend(token: string, id: string): Promise<void> {
    underWay.add(id)
    const bounds: CallOptions = signal === undefined ? {} : { signal }
    try {
      // Uses the same `idleMs` that decides whether an extension is due. With another one, it could be due again
      // immediately.
      await store.touch(token, { ...bounds, idleMs, timeoutMs: TIMEOUT_MS })
    } catch (error) {
      onFailure(error)
    } finally {
      underWay.delete(id)
    }
  }

  return {
    extendWhenDue(token, session) {
      if (underWay.size < AT_ONCE && isDue(session)) void extend(token, session.id)
    },
  }
}
