import { once } from 'node:events'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import { type ClientKind, numberOf } from './client.ts'
import { HttpClient } from './http-client.ts'
import { connectNodeRedis } from './node-redis.ts'

declare module 'express-session' {
  interface SessionData {
    number?: number
  }
}

const PREFIX = 'sess:'
const MAX_REQUESTS = 64

export const connectRedis: ClientKind = {
  name: 'connect-redis',
  about: 'A web application with express-session and connect-redis on node-redis, with their defaults',
  without: 'Sentinel mode',
  async open(endpoint) {
    let ended = 0
    const client = await connectNodeRedis(endpoint, () => {
      ended += 1
    })
    const app = express()
    app.use(
      session({
        store: new RedisStore({ client, prefix: PREFIX }),
        secret: 'a secret of the benchmark',
        resave: false,
        saveUninitialized: false,
        // A session is found by its key afterwards.
        genid: ({ query }) => String(query['key']),
      }),
    )
    app.get('/', ({ session: { number } }, response) => void response.send(String(number ?? '')))
    app.post('/', (request, response, next) => {
      request.session.number = Number(request.query['number'])
      // Without this, express-session answers 200 also when the session could not be saved.
      request.session.save((error) => (error ? next(error) : response.send('')))
    })
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const http = new HttpClient(port, { maxSockets: MAX_REQUESTS, keepAlive: true })
    const cookies = new Map<string, string>()
    return {
      maxInFlight: MAX_REQUESTS,
      get: async (key) => numberOf((await http.send('GET', '/', cookies.get(key) ?? null)).text),
      async set(key, value) {
        const path = `/?key=${key}&number=${value}`
        const { cookie } = await http.send('POST', path, cookies.get(key) ?? null)
        if (cookie !== null) cookies.set(key, cookie)
      },
      ended: () => (endpoint.address === null ? null : ended),
      async close() {
        http.close()
        server.close()
        client.destroy()
      },
    }
  },
  storedKey: (key) => `${PREFIX}${key}`,
  numberIn: (stored) => Number((JSON.parse(stored) as { number?: number }).number ?? 0),
}
