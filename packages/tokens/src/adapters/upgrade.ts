import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { CrossSiteError } from '../errors.ts'
import { checkNumber } from '../store/api/limits.ts'
import type { Session } from '../store/api/verification.ts'
import { bodyOf, type Refusal } from '../web/refusals.ts'
import { createWebSessions, refusalOf, type WebSessionsOptions } from '../web/web-sessions.ts'
import { createSessionWatch } from './session-watch.ts'

export interface UpgradeOptions extends WebSessionsOptions {
  /**
   * How often open connections are checked (in milliseconds, 10 to 3,600,000). A connection ends at most this long after
   * this process knows that its session has ended. Default is 1000.
   */
  checkEveryMs?: number
}

/** Sessions of connections that stay open after their first request. */
export interface UpgradeSessions {
  /** Verifies the request that opens a connection. Returns why it is refused, or null. */
  admit(request: IncomingMessage): Promise<Refusal | null>
  /** The session of an admitted request. */
  sessionOf(request: IncomingMessage): Session | null
  /** Calls `end` when the session of an admitted request has ended. Returns a function that stops this. */
  watch(request: IncomingMessage, end: () => void): () => void
}

/**
 * Verifies at the start of a connection and while it is open. A browser sends its cookie with a WebSocket of any page, so
 * a request from a page of another site is refused, unless it has a bearer token, which no page can add.
 */
export function createUpgradeSessions({ checkEveryMs = 1000, ...options }: UpgradeOptions): UpgradeSessions {
  const web = createWebSessions(options)
  const watching = createSessionWatch(options.store, checkNumber('checkEveryMs', checkEveryMs, 10, 3_600_000))
  const admitted = new WeakMap<IncomingMessage, { session: Session; token: string }>()

  return {
    async admit(request) {
      const authentication = await web.authenticate(request.headers)
      const refusal = refusalOf(authentication, true)
      if (refusal !== null || authentication.status !== 'active') return refusal
      try {
        if (authentication.from === 'cookie') web.requireSameSite(request)
      } catch (error) {
        if (error instanceof CrossSiteError) return error
        throw error
      }
      admitted.set(request, authentication)
      return null
    },
    sessionOf: (request) => admitted.get(request)?.session ?? null,
    watch(request, end) {
      const found = admitted.get(request)
      if (found === undefined) throw new Error('This request was not admitted.')
      return watching.watch(found.token, end)
    },
  }
}

/** Answers a request for an upgrade with a refusal. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const body = JSON.stringify(bodyOf(refusal))
  const headers = {
    ...refusal.headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n${lines.join('')}\r\n${body}`)
}
