import { type Claims, tokenId } from '@holdfast/tokens'
import { readCredential } from '@holdfast/tokens/web'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { rateLimitedLog } from '../base/throttles.ts'
import { sendPage, sendProblem, wantsHtml } from '../http/answer.ts'
import { clientAddress } from '../http/client-address.ts'
import { networkOf } from '../limits/names.ts'
import { describeRoute } from '../openapi/describe.ts'
import { loggedOutPage } from '../pages/login.ts'
import type { Services } from '../services/services.ts'

/** How often the log says that logouts ended nothing (in milliseconds). */
const NOTHING_ENDED_PERIOD_MS = 60_000
const NOTHING_ENDED = 'Logouts without a live session ended nothing'

const description = describeRoute({
  summary: 'Log out: end the session of the token in the request',
  credentials: 'token',
  answers: {
    200: {
      text: 'The store has acknowledged it.',
      body: z.object({ revoked: z.boolean(), server: z.string() }),
    },
    303: { text: 'The same, for a browser.' },
    403: { text: 'The request came from a page of another site.' },
    503: { text: 'Not acknowledged; the cookie stays. Try again.' },
  },
})

/**
 * `POST /logout` ends the session of the request's token. It answers, and clears the cookie, only after the store has
 * acknowledged the end; otherwise it answers 503 and the cookie stays. Logging out without a token, or again, is not an
 * error. A user who logged in at an OpenID provider also gets the address for a logout there (`logoutUrl` in JSON; OpenID
 * Connect RP-Initiated Logout 1.0).
 */
export function logoutRoute(app: FastifyInstance, services: Services): void {
  const { server, store, cookie, audit, lifecycle, oidc, loginWays } = services

  const logNothingEnded = rateLimitedLog(NOTHING_ENDED_PERIOD_MS)

  /** The claims of an active session. Empty when they are unknown, which must not prevent a logout. */
  async function claimsOf(token: string): Promise<Claims> {
    const checked = await store.verify(token, { signal: lifecycle.giveUp })
    return checked.status === 'active' ? checked.claims : {}
  }

  /** Ends a session. True when this ended it. Throws what the store throws, after recording that it may have ended. */
  async function end(token: string, remote: string): Promise<boolean> {
    try {
      const { revoked, id } = await store.revoke(token, { signal: lifecycle.giveUp })
      // Any client can send an invalid token, or log out again: one line each would fill the disk.
      if (revoked) audit.loggedOut({ session: id ?? null, revoked, why: 'asked', remote })
      else
        logNothingEnded((heldBack) => app.log.info({ event: 'nothing-to-log-out', heldBack }, NOTHING_ENDED))
      return revoked
    } catch (error) {
      const session = tokenId(token)
      audit.recordBounded(networkOf(remote), { event: 'logout-unacknowledged', session, remote })
      throw error
    }
  }

  app.register(async (scope) => {
    // A logout needs no body, and must not fail because of one.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null))

    scope.post('/logout', description, async (request, reply) => {
      const credential = readCredential(request.headers, cookie.name)
      const originProblem = credential?.from === 'bearer' ? null : services.originProblem(request)
      if (originProblem !== null) return sendProblem(request, reply, originProblem)
      let ended = false
      let logoutUrl: string | null = null
      if (credential) {
        // Read before the logout: an ended session no longer shows its claims.
        const claims = oidc === null ? {} : await claimsOf(credential.token)
        ended = await end(credential.token, clientAddress(request))
        if (credential.from === 'cookie') cookie.clear(reply)
        logoutUrl = (await oidc?.logoutUrl(claims)) ?? null
      }
      if (!wantsHtml(request)) return reply.send({ revoked: ended, ...(logoutUrl && { logoutUrl }), server })
      if (logoutUrl === null) return reply.redirect('/', 303)
      return sendPage(reply, loggedOutPage({ server, provider: loginWays.provider ?? '', logoutUrl }))
    })
  })
}
