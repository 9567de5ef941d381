import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TokenStore } from '@holdfast/tokens'
import { Server as SocketServer } from 'socket.io'
import { io } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import * as socketIo from '../../src/adapters/socket-io.ts'
import * as websocket from '../../src/adapters/websocket.ts'
import { memoryStore, withOutages } from './memory.ts'

const CHECK_EVERY_MS = 20
const HOST_NAME = /\d+\.\d+\.\d+\.\d+/

/** What became of an attempt to connect: the subject of its session, or the refusal. */
type Outcome =
  | { subject: string; isOpen(): boolean; closed: Promise<unknown> }
  | { status: number; retryAfter: string | null; body: string }

interface Kind {
  start(store: TokenStore): Promise<string>
  connect(url: string, headers: Record<string, string>): Promise<Outcome>
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const WEB_SOCKET: Kind = {
  async start(store) {
    const server = createServer()
    const sockets = new WebSocketServer({ noServer: true })
    const auth = websocket.sessions({ store, checkEveryMs: CHECK_EVERY_MS })
    server.on('upgrade', (request, socket, head) => void auth.upgrade(sockets, request, socket, head))
    sockets.on('connection', (client, request) => client.send(auth.sessionOf(request)?.subject ?? 'nobody'))
    onTestFinished(() => {
      for (const client of sockets.clients) client.terminate()
      server.close()
    })
    return await listen(server)
  },
  connect(url, headers) {
    const client = new WebSocket(url.replace('http', 'ws'), { headers })
    onTestFinished(() => client.terminate())
    const closed = new Promise<unknown>((resolve) => client.once('close', (code) => resolve([code])))
    return new Promise((resolve, reject) => {
      client.on('error', reject)
      client.once('message', (data) =>
        resolve({ subject: String(data), isOpen: () => client.readyState === client.OPEN, closed }),
      )
      client.once('unexpected-response', (_, response: IncomingMessage) => {
        void response.toArray().then((chunks) =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'] ?? null,
            body: Buffer.concat(chunks).toString(),
          }),
        )
      })
    })
  },
}

const socketIoOver = (transport: 'polling' | 'websocket'): Kind => ({
  async start(store) {
    const server = createServer()
    const sockets = new SocketServer(server)
    const auth = socketIo.sessions(sockets, { store, checkEveryMs: CHECK_EVERY_MS })
    sockets.on('connection', (socket) => socket.emit('subject', auth.sessionOf(socket)?.subject ?? 'nobody'))
    onTestFinished(() => void sockets.close())
    return await listen(server)
  },
  async connect(url, headers) {
    // The client hides the response that refused it.
    const path = `/socket.io/?EIO=4&transport=polling`
    const refusal = await fetch(`${url}${path}`, { headers })
    const body = await refusal.text()
    const client = io(url, { transports: [transport], extraHeaders: headers, reconnection: false })
    onTestFinished(() => void client.close())
    const closed = new Promise<unknown>((resolve) => client.once('disconnect', (reason) => resolve([reason])))
    return await new Promise((resolve) => {
      client.once('connect_error', () =>
        resolve({ status: refusal.status, retryAfter: refusal.headers.get('retry-after'), body }),
      )
      client.once('subject', (subject: string) =>
        resolve({ subject, isOpen: () => client.connected, closed }),
      )
    })
  },
})

describe.each([
  ['ws', WEB_SOCKET, 1008],
  ['socket.io over polling', socketIoOver('polling'), 'transport close'],
  ['socket.io over WebSocket', socketIoOver('websocket'), 'transport close'],
] as const)('%s', (_, { start, connect }, whyClosed) => {
  const cookieOf = ({ token }: { token: string }) => ({ cookie: `__Host-holdfast=${token}` })

  test('opens a connection for a request with a session', async () => {
    const store = memoryStore()
    const issued = await store.issue({ subject: 'ann' })
    const url = await start(store)
    expect(await connect(url, { ...cookieOf(issued), origin: url })).toMatchObject({ subject: 'ann' })
    const bearer = { authorization: `Bearer ${issued.token}`, origin: 'https://evil.example' }
    expect(await connect(url, bearer)).toMatchObject({ subject: 'ann' })
  })

  test('refuses requests without a session, and those of pages of another site', async () => {
    const store = memoryStore()
    const url = await start(store)
    expect(await connect(url, {})).toMatchObject({ status: 401 })
    expect(await connect(url, { cookie: '__Host-holdfast=x' })).toMatchObject({ status: 401 })
    const headers = { ...cookieOf(await store.issue({ subject: 'ann' })), origin: 'https://evil.example' }
    expect(await connect(url, headers)).toMatchObject({ status: 403 })
  })

  test('answers 503 to a new connection during an outage, and keeps the open ones', async () => {
    const { store, outage } = withOutages(memoryStore())
    const cookie = cookieOf(await store.issue({ subject: 'ann' }))
    const url = await start(store)
    const open = await connect(url, cookie)
    outage.away = 'everything'
    const refused = await connect(url, cookie)
    expect(refused).toMatchObject({ status: 503, retryAfter: '1' })
    expect('body' in refused && refused.body).not.toMatch(HOST_NAME)
    await outage.asked(3)
    expect('isOpen' in open && open.isOpen()).toBe(true)
  })

  test('closes a connection when its session ends', async () => {
    const store = memoryStore()
    const issued = await store.issue({ subject: 'ann' })
    const url = await start(store)
    const open = await connect(url, cookieOf(issued))
    await store.revoke(issued.token)
    expect('closed' in open && (await open.closed)).toMatchObject([whyClosed])
  })
})
