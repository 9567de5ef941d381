import { createRedisStore, type TokenStore } from '@holdfast/tokens'
import { storeOptionsFromEnvironment } from '@holdfast/tokens/environment'
import { requireSession, sessionOf, sessions } from '@holdfast/tokens/fastify'
import fastify from 'fastify'

export function createApp(store: TokenStore) {
  const app = fastify()
  app.register(sessions, { store })
  app.get('/', async (request, reply) => reply.send(sessionOf(request)))
  app.get('/private', { preHandler: requireSession }, async () => 'for users')
  app.post('/login', async (_, reply) => {
    // Check the password here.
    return await reply.login({ subject: 'ann', claims: { role: 'editor' } })
  })
  app.post('/logout', async (_, reply) => ({ ended: await reply.logout() }))
  app.post('/rotate', async (_, reply) => reply.send(await reply.rotate()))
  return app
}

if (import.meta.main) await createApp(createRedisStore(storeOptionsFromEnvironment())).listen({ port: 3000 })
