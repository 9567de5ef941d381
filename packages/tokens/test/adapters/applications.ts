import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TokenStore } from '@holdfast/tokens'
import { onTestFinished } from 'vitest'
import * as express from '../../../../examples/express.ts'
import * as fastify from '../../../../examples/fastify.ts'
import * as hono from '../../../../examples/hono.ts'
import * as koa from '../../../../examples/koa.ts'
import type { Ask } from './browser.ts'
import { startNest } from './nestjs-application.ts'
import { createHandler } from './react-router-application.ts'

/**
 * Starts an application on an adapter. `GET /` answers the session or null, `GET /private` needs a session, `POST /login`
 * logs `ann` in, `POST /logout` answers whether it ended a session, and `POST /rotate` answers the session or null.
 */
export type StartApplication = (store: TokenStore) => Promise<Ask>

/** The example of each adapter. Applications end with the test. */
export const APPLICATIONS: Record<string, StartApplication> = {
  Express: (store) => listen(express.createApp(store)),
  Fastify: async (store) => {
    const app = fastify.createApp(store)
    onTestFinished(() => app.close())
    return asking(await app.listen({ host: '127.0.0.1', port: 0 }))
  },
  Hono: async (store) => {
    const app = hono.createApp(store)
    return async (method, path, headers = {}) => app.request(path, { method, headers })
  },
  NestJS: async (store) => asking(await startNest(store)),
  'React Router': async (store) => {
    const handle = createHandler(store)
    return (method, path, headers = {}) => handle(new Request(`http://localhost${path}`, { method, headers }))
  },
  Koa: (store) => listen(quiet(koa.createApp(store)).callback()),
}

async function listen(listener: RequestListener): Promise<Ask> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  return asking(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

const asking =
  (url: string): Ask =>
  (method, path, headers = {}) =>
    fetch(new URL(path, url), { method, headers })

/** Koa prints each error of 500 or more. */
function quiet<App extends { silent: boolean }>(app: App): App {
  app.silent = true
  return app
}
