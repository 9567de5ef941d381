import type { Claims } from '@holdfast/tokens'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sendPage, sendProblem, wantsHtml } from '../http/answer.ts'
import { clientAddress } from '../http/client-address.ts'
import { readCredential } from '../http/credential.ts'
import { isCrossSite } from '../http/origin.ts'
import { crossSite } from '../http/problems.ts'
import { describeRoute } from '../openapi/describe.ts'
import { loggedOutPage } from '../pages/logged-out.ts'
import type { Services } from './services.ts'

const description = describeRoute({
  summary: 'Ends the session of the token that the request brings.',
  credentials: 'token',
  answers: {
    200: { text: 'Acknowledged, for good.', body: z.object({ revoked: z.boolean(), server: z.string() }) },
    303: { text: 'The same, for a browser.' },
    403: { text: 'It came from a page of another site.' },
    503: { text: 'Not acknowledged; the cookie stays.' },
  },
})

/**
 * `POST /logout` ends the session of the request's token. It answers, and clears the cookie, only after the
 * store has acknowledged the end; when it cannot, it answers 503 and the cookie stays. Logging out without a
 * token, or again, is no error. Who logged in by an OpenID provider is told where to log out there, too
 * (`logoutUrl` in JSON; OpenID Connect RP-Initiated Logout 1.0).
 */
export function logoutRoute(app: FastifyInstance, services: Services): void {
  const { server, store, cookie, audit, lifecycle, oidc, loginWays } = services

  /** What an active session carries; nothing when that cannot be known, which must not keep anybody from logging out. */
  async function claimsOf(token: string): Promise<Claims> {
    const checked = await store.verify(token, { signal: lifecycle.giveUp })
    return checked.status === 'active' ? checked.claims : {}
  }

  app.register(async (scope) => {
    // A log-out needs no body, and must not fail for the form of one.
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
        // Looked at before: an ended session no longer shows its claims.
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
