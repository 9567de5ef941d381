import type { FastifyInstance } from 'fastify'
import { sendProblem, wantsHtml } from '../http/answer.ts'
import { readCredential } from '../http/credential.ts'
import { isCrossSite } from '../http/origin.ts'
import { crossSite } from '../http/problems.ts'
import type { Services } from './services.ts'

/**
 * `POST /logout` ends the session of the request's token. It answers, and clears the cookie, only after the
 * store has acknowledged the end; when it cannot, it answers 503 and the cookie stays. Logging out without a
 * token, or again, is no error.
 */
export function logoutRoute(app: FastifyInstance, services: Services): void {
  const { server, store, cookie, audit, lifecycle } = services

  app.register(async (scope) => {
    // A log-out needs no body, and must not fail for the form of one.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null))

    scope.post('/logout', async (request, reply) => {
      const credential = readCredential(request, cookie)
      if (credential?.from !== 'bearer' && isCrossSite(request.headers)) {
        return sendProblem(request, reply, crossSite)
      }
      let ended = false
      if (credential) {
        const { revoked, id } = await store.revoke(credential.token, { signal: lifecycle.giveUp })
        audit.loggedOut({ session: id ?? null, revoked, why: 'asked', remote: request.ip })
        if (credential.from === 'cookie') cookie.clear(reply)
        ended = revoked
      }
      return wantsHtml(request) ? reply.redirect('/', 303) : reply.send({ revoked: ended, server })
    })
  })
}
