import type { Claims } from '@holdfast/tokens'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sendPage, sendProblem, wantsHtml } from '../http/answer.ts'
import { clientAddress } from '../http/client-address.ts'
import { readCredential } from '../http/credential.ts'
import { isCrossSite } from '../http/origin.ts'
import { crossSite } from '../http/problems.ts'
import { describeRoute } from '../openapi/describe.ts'
import { loggedOutPage } from '../pages/login.ts'
import type { Services } from '../services/services.ts'

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

  /** The claims of an active session. Empty when they are unknown, which must not prevent a logout. */
  async function claimsOf(token: string): Promise<Claims> {
    const checked = await store.verify(token, { signal: lifecycle.giveUp })
    return checked.status === 'active' ? checked.claims : {}
  }

  app.register(async (scope) => {
    // A logout needs no body, and must not fail because of one.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null))

    scope.post('/logout', description, async (request, reply) => {
      const credential = readCredential(request, cookie)
      if (credential?.from !== 'bearer' && isCrossSite(request.headers, request.host)) {
        return sendProblem(request, reply, crossSite)
      }
      let ended = false
      let logoutUrl: string | null = null
      if (credential) {
        // Read before the logout: an ended session no longer shows its claims.
        const claims = oidc === null ? {} : await claimsOf(credential.token)
        const { revoked, id } = await store.revoke(credential.token, { signal: lifecycle.giveUp })
        audit.loggedOut({ session: id ?? null, revoked, why: 'asked', remote: clientAddress(request) })
        if (credential.from === 'cookie') cookie.clear(reply)
        ended = revoked
        logoutUrl = (await oidc?.logoutUrl(claims)) ?? null
      }
      if (!wantsHtml(request)) return reply.send({ revoked: ended, ...(logoutUrl && { logoutUrl }), server })
      if (logoutUrl === null) return reply.redirect('/', 303)
      return sendPage(reply, loggedOutPage({ server, provider: loginWays.provider ?? '', logoutUrl }))
    })
  })
}
