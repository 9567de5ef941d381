import type { CallOptions } from './store/call-options.ts'
import type { TokenStore } from './store/store.ts'
import type { Session } from './store/verification.ts'

/**
 * A session is extended when a tenth of its idle lifetime has passed since it was last: at 30 minutes, one
 * write in three minutes a session, and an idle session ends after 27 to 30 minutes.
 */
const WORTH_EXTENDING = 0.1
/** Most extensions under way at once; a session that is passed over has its turn at a later request. */
const AT_ONCE = 64
/** Longer than a failover of a lost host takes (in milliseconds). */
const TIMEOUT_MS = 5000

/** Keeps sessions in use from ending idle, without any request waiting for it. */
export interface IdleExtender {
  /** Extends the session in the background when it is due. Never throws, never waits. */
  extendWhenDue(token: string, session: Session): void
}

export interface IdleExtenderOptions {
  store: TokenStore
  /** The idle lifetime that a session is extended to (in milliseconds). Best is the store's own `idleMs`. */
  idleMs: number
  /** Cancels extensions that are in progress. */
  signal?: AbortSignal
  /** Called with the reason when a session could not be extended. Must not throw. */
  onFailure: (error: unknown) => void
}

/** The rule by which a web server extends the sessions that it verifies. */
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
      // By the same lifetime by which it is found due: with another one it could be due again at once.
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
