import { createRedisStore, type TokenStore } from '@holdfast/tokens'
import { storeOptionsFromEnvironment } from '@holdfast/tokens/environment'
import { sessions } from '@holdfast/tokens/express'
import express from 'express'

export function createApp(store: TokenStore) {
  const auth = sessions({ store })
  return express()
    .use(auth)
    .get('/', (request, response) => void response.json(auth.sessionOf(request)))
    .get('/private', sessions({ store, required: true }), (_, response) => void response.json('for users'))
    .post('/login', async (request, response) => {
      // Check the password here.
      response.json(await auth.login(request, response, { subject: 'ann', claims: { role: 'editor' } }))
    })
    .post('/logout', async (request, response) => {
      response.json({ ended: await auth.logout(request, response) })
    })
    .post('/rotate', async (request, response) => {
      response.json(await auth.rotate(request, response))
    })
}

if (import.meta.main) createApp(createRedisStore(storeOptionsFromEnvironment())).listen(3000)
