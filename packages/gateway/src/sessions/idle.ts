import type { Session, TokenStore } from '@holdfast/tokens'

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

export function createIdleExtender(options: {
  store: TokenStore
  /** Idle lifetime (in milliseconds). */
  idleMs: number
  signal: AbortSignal
  onFailure: (error: unknown) => void
}): IdleExtender {
  const { store, idleMs, signal, onFailure } = options
  const underWay = new Set<string>()

  function isDue({ id, idleUntilMs, expiresAtMs }: Session): boolean {
    const sinceExtendedMs = idleMs - (idleUntilMs - Date.now())
    return idleUntilMs < expiresAtMs && sinceExtendedMs >= idleMs * WORTH_EXTENDING && !underWay.has(id)
  }

  async function extend(token: string, id: string): Promise<void> {
    underWay.add(id)
    try {
      await store.touch(token, { timeoutMs: TIMEOUT_MS, signal })
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
