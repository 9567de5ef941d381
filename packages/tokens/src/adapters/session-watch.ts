import { StoreClosedError } from '../errors.ts'
import type { TokenStore } from '../store/session/token-store.ts'

/** Sessions that are read from Redis at a time. */
const AT_ONCE = 64

export interface SessionWatch {
  /**
   * Calls `end` when the session of the token has ended. Returns a function that stops this. While the store cannot
   * determine the state, the connection stays: an outage is not a logout.
   */
  watch(token: string, end: () => void): () => void
}

interface Watched {
  token: string
  end: () => void
}

/**
 * Watches the sessions of long-lived connections, with one timer for all of them: every `everyMs`. A check is free while this
 * process caches the session.
 */
export function createSessionWatch(store: TokenStore, everyMs: number): SessionWatch {
  const watched = new Set<Watched>()
  let timer: NodeJS.Timeout | null = null

  function schedule(): void {
    if (timer === null && watched.size > 0) timer = setTimeout(round, everyMs).unref()
  }

  async function round(): Promise<void> {
    try {
      const uncached = [...watched].filter(isUncached)
      for (let from = 0; from < uncached.length; from += AT_ONCE) {
        await Promise.all(uncached.slice(from, from + AT_ONCE).map(check))
      }
    } catch (error) {
      // A closed store cannot answer, because this server is shutting down.
      if (!(error instanceof StoreClosedError)) throw error
    } finally {
      timer = null
      schedule()
    }
  }

  const isUncached = ({ token }: Watched) => store.verifyNow(token) === null

  async function check(entry: Watched): Promise<void> {
    const { status } = await store.verify(entry.token)
    if (status === 'inactive' && watched.delete(entry)) entry.end()
  }

  return {
    watch(token, end) {
      const entry = { token, end }
      watched.add(entry)
      schedule()
      return () => void watched.delete(entry)
    },
  }
}
