import { createRedisStore, type TokenStore } from '@holdfast/tokens'
import { storeOptionsFromEnvironment } from '@holdfast/tokens/environment'
import { type SessionEnv, sessions } from '@holdfast/tokens/hono'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

export function createApp(store: TokenStore) {
  const auth = sessions({ store })
  return new Hono<SessionEnv>()
    .use(auth)
    .get('/', (c) => c.json(c.get('session')))
    .get('/private', sessions({ store, required: true }), (c) => c.json('for users'))
    .post('/login', async (c) => {
      // Check the password here.
      return c.json(await auth.login(c, { subject: 'ann', claims: { role: 'editor' } }))
    })
    .post('/logout', async (c) => c.json({ ended: await auth.logout(c) }))
    .post('/rotate', async (c) => c.json(await auth.rotate(c)))
}

if (import.meta.main) {
  serve({ fetch: createApp(createRedisStore(storeOptionsFromEnvironment())).fetch, port: 3000 })
}
