import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addUser, createGateway, parseGatewayConfig } from '@holdfast/gateway'
import { createRedisStore, type RedisStoreOptions } from '@holdfast/tokens'
import fastify from 'fastify'
import { contentOf } from '../content.ts'
import { serve } from './serve.ts'

/** One gateway, or a Fastify with one empty route. */

async function startGateway(options: RedisStoreOptions, users: number) {
  const store = createRedisStore(options)
  await store.ready()
  // The gateway reads the file once, at its start. The benchmark does not log in with a password.
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  const usersFile = join(folder, 'users.json')
  await addUser(usersFile, 'unused-user', 'password-of-the-unused-user')
  const config = parseGatewayConfig({
    name: 'gateway',
    dataCentre: options.dataCentre,
    listen: { host: '127.0.0.1', port: 0 },
    usersFile,
    secureCookies: false,
    // The store is already open.
    store: { sentinels: [{ host: '127.0.0.1', port: 9 }], keyring: options.keyring },
  })
  const gateway = await createGateway(config, store, { logStream: { write() {} } })
  await rm(folder, { recursive: true })
  const url = await gateway.listen()
  const issued = await Promise.all(Array.from({ length: users }, (_, user) => store.issue(contentOf(user))))
  return { url: `${url}/verify`, cookies: issued.map(({ token }) => `holdfast=${token}`) }
}

async function startEmpty() {
  const app = fastify()
  app.get('/verify', (_request, reply) => reply.send())
  return { url: `${await app.listen({ host: '127.0.0.1', port: 0 })}/verify`, cookies: [] }
}

const methods = {
  /** Returns the URL for verifications, and the cookies of its users. */
  start: (
    how: { store: RedisStoreOptions; users: number } | null,
  ): Promise<{ url: string; cookies: string[] }> =>
    how === null ? startEmpty() : startGateway(how.store, how.users),
}

export type GatewayWorker = typeof methods
serve(methods)
