import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ServerTls, startStandaloneRedis, TEST_USERS, TestAuthority } from '@holdfast/testing'
import { within } from '@holdfast/testing/within'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Connection, type ConnectionOptions } from '../../src/redis/connection.ts'
import { errorOf, pause, pauseUntilFinished, timed } from '../support.ts'

let tlsOfServer: ServerTls
let tlsOfApplication: ServerTls
beforeAll(async () => {
  const authority = await TestAuthority.create('dc1')
  tlsOfServer = await authority.host({ addresses: ['127.0.0.1'] })
  tlsOfApplication = await authority.application()
})

describe.each(['plain', 'tls'] as const)('a connection (%s)', (kind) => {
  /** A Redis whose system keeps one connection or two for it, and drops each further SYN, while it does not accept. */
  async function startRedis() {
    const tls = kind === 'tls' ? tlsOfServer : undefined
    const { server, stop } = await startStandaloneRedis({ tls, redisConfig: 'tcp-backlog 1' })
    onTestFinished(stop)
    return server
  }

  async function open(address: ConnectionOptions['address'], times: Partial<ConnectionOptions>) {
    const tls = kind === 'tls' ? { tls: tlsOfApplication } : {}
    const connection = await Connection.open({ address, ...TEST_USERS.app, ...tls, ...times })
    onTestFinished(() => connection.close())
    return connection
  }

  test('whose SYN is lost is given up long before the system sends it again', async () => {
    const server = await startRedis()
    pauseUntilFinished([server])
    const waiting = await fillBacklog(server.port)
    const times = { handshakeTimeoutMs: 200, connectTimeoutMs: 60_000 }
    const value = await within(errorOf(open(server.address, times)))
    expect(value).toMatchObject({
      code: 'CONNECTION_FAILED',
      message: `Cannot connect to 127.0.0.1:${server.port}: no TCP handshake in 200 ms.`,
    })
    server.resume()
    for (const socket of waiting) socket.destroy()
    await expect.poll(() => open(server.address, times).then(({ isOpen }) => isOpen)).toBe(true)
  })

  test('has the whole time for what comes after the handshake', async () => {
    const server = await startRedis()
    pauseUntilFinished([server])
    const { value, ms } = await timed(() =>
      errorOf(open(server.address, { handshakeTimeoutMs: 100, connectTimeoutMs: 600 })),
    )
    expect(value.message).toContain('no answer in 600 ms')
    expect(ms).toBeGreaterThanOrEqual(595)
  })

  test('is not given up by a process that was too busy to see the answer', async () => {
    const server = await startRedis()
    const opening = open(server.address, { handshakeTimeoutMs: 50, connectTimeoutMs: 5000 })
    const busyUntilMs = performance.now() + 300
    while (performance.now() < busyUntilMs);
    expect((await opening).isOpen).toBe(true)
  })
})

/** Connections that nobody accepts, as many as the system keeps: the last one's SYN is dropped. */
async function fillBacklog(port: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let isFull = false; !isFull; ) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    isFull = await Promise.race([once(socket, 'connect').then(() => false), pause(150).then(() => true)])
    expect(sockets.length).toBeLessThan(10)
  }
  return sockets
}
