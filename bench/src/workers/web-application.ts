import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createRedisStore, type RedisStoreOptions } from '@holdfast/tokens'
import { type RequestWithSession, sessions } from '@holdfast/tokens/express'
import { RedisStore } from 'connect-redis'
import express, { type Express, type Request, type Response } from 'express'
import session from 'express-session'
import { createClient } from 'redis'
import { type Content, contentOf } from '../content.ts'
import type { NodeLogin } from '../data-centre.ts'
import { serve } from './serve.ts'

/** An Express 5 application that returns the logged-in user: without sessions, and with two kinds of sessions. */

export type Sessions =
  | { kind: 'none' }
  | { kind: 'holdfast'; store: RedisStoreOptions }
  | { kind: 'connect-redis'; redis: NodeLogin; disableTouch: boolean }

const COOKIE = 'holdfast'

declare module 'express-session' {
  interface SessionData {
    user: Content
  }
}

const withoutSessions = (application: Express): void => {
  application.get('/', (_request, response) => sendUser(response, contentOf(0)))
}

async function withHoldfast(application: Express, options: RedisStoreOptions): Promise<void> {
  const store = createRedisStore(options)
  await store.ready()
  application.post('/login/:user', async (request, response) => {
    const { token } = await store.issue(contentOf(Number(request.params.user)))
    response.cookie(COOKIE, token, { httpOnly: true, sameSite: 'lax' }).end()
  })
  application.use(sessions({ store, cookieName: COOKIE }))
  application.get('/', (request, response) => {
    const { session } = request as unknown as RequestWithSession
    if (session === null) response.sendStatus(401)
    else sendUser(response, session as unknown as Content)
  })
}

/**
 * Uses the setup from the documentation: a plain connection, `resave` and `saveUninitialized` off. Without a command
 * time-out, because the client's default makes a timer for each command and costs most of its throughput (FACT-57).
 */
async function withConnectRedis(
  application: Express,
  login: NodeLogin,
  disableTouch: boolean,
): Promise<void> {
  const { host, port, username, password } = login
  const client = createClient({
    username,
    password,
    socket: { host, port },
    commandOptions: { timeout: 0 },
  })
  client.on('error', (error: Error) => {
    throw error
  })
  await client.connect()
  const store = new RedisStore({ client, disableTouch })
  const cookie = { httpOnly: true, sameSite: 'lax', maxAge: 43_200_000 } as const
  application.use(session({ store, secret: 'bench-secret', resave: false, saveUninitialized: false, cookie }))
  application.post('/login/:user', (request: Request, response: Response) => {
    request.session.user = contentOf(Number(request.params['user']))
    response.end()
  })
  application.get('/', (request, response) => {
    if (request.session.user === undefined) response.sendStatus(401)
    else sendUser(response, request.session.user)
  })
}

function sendUser(response: Response, { subject, claims }: Content): void {
  response.json({ subject, name: claims.name })
}

const methods = {
  /** Returns the application's URL. */
  async start(how: Sessions): Promise<string> {
    const application = express()
    if (how.kind === 'holdfast') await withHoldfast(application, how.store)
    else if (how.kind === 'connect-redis') await withConnectRedis(application, how.redis, how.disableTouch)
    else withoutSessions(application)
    const server = application.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  },
}

export type WebApplicationWorker = typeof methods
serve(methods)
