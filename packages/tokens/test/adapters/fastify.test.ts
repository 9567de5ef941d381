import fastify from 'fastify'
import { expect, test } from 'vitest'
import { sessionOf, sessions } from '../../src/adapters/fastify.ts'
import { memoryStore } from './memory.ts'

test('beside a plugin with `request.session` the application does not start, and the error says what to do', async () => {
  const app = fastify()
  app.decorateRequest('session', null)
  app.register(sessions, { store: memoryStore() })
  await expect(app.ready()).rejects.toMatchObject({
    code: 'SESSION_CONFLICT',
    message: expect.stringContaining("`property: 'user'`"),
  })
})

test('with a property of its own it works beside such a plugin', async () => {
  const store = memoryStore()
  const { token } = await store.issue({ subject: 'ann' })
  const app = fastify()
  app.decorateRequest('session', null)
  app.register(sessions, { store, property: 'user' })
  app.get('/', async (request) => ({
    user: request.getDecorator('user'),
    session: request.getDecorator('session'),
    found: sessionOf(request),
  }))
  const response = await app.inject({ url: '/', cookies: { '__Host-holdfast': token } })
  expect(response.json()).toMatchObject({
    user: { subject: 'ann' },
    session: null,
    found: { subject: 'ann' },
  })
})
