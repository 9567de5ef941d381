import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer as createPlainServer } from 'node:net'
import { createServer, type TlsOptions as ServerOptions, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import {
  EXPIRED,
  NOT_YET_VALID,
  type ServerTls,
  startStandaloneRedis,
  TEST_USERS,
  TestAuthority,
} from '@holdfast/testing'
import { within } from '@holdfast/testing/within'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Connection, type ConnectionOptions } from '../../src/redis/connection.ts'
import type { TlsOptions } from '../../src/redis/tls.ts'
import { errorOf, pauseUntilFinished, printed } from '../support.ts'

const SECRET = 'a-password-that-nobody-may-see'
let ours: TestAuthority
let foreign: TestAuthority
let application: ServerTls
beforeAll(async () => {
  ours = await TestAuthority.create('dc1')
  foreign = await TestAuthority.create('dc2')
  application = await ours.application()
})

/** A Redis of its own, which ends with the test. */
async function startRedis(tls?: ServerTls, redisConfig = '') {
  const { server, stop } = await startStandaloneRedis({ tls, redisConfig })
  onTestFinished(stop)
  return server
}

const open = (address: ConnectionOptions['address'], tls?: TlsOptions, rest = {}) =>
  Connection.open({ address, ...TEST_USERS.app, ...(tls && { tls }), ...rest })

/** What an application is told that connects there. */
async function refusal(address: ConnectionOptions['address'], tls?: TlsOptions) {
  const opening = open(address, tls, { password: SECRET, connectTimeoutMs: 3000 })
  const value = await within(errorOf(opening), 30_000)
  expect(printed(value)).not.toContain(SECRET)
  expect(printed(value)).not.toContain('PRIVATE KEY')
  expect(value.message).toMatch(/^[^\n]+\.$/)
  expect(value.message).not.toMatch(/undefined|SSL routines|\[object/)
  return value
}

/** A peer that is no Redis, for what Redis cannot be made to do. */
async function startPeer(options: ServerOptions) {
  const server = createServer(options, (socket: TLSSocket) => socket.on('error', () => {}))
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { host: '127.0.0.1', port: address.port }
}

test('commands travel encrypted, by TLS 1.3, in both ways to write an address', async () => {
  const names = { names: ['localhost'], addresses: ['127.0.0.1'] }
  const { port } = await startRedis(await ours.host(names))
  for (const host of ['127.0.0.1', 'localhost']) {
    const connection = await open({ host, port }, application)
    onTestFinished(() => connection.close())
    expect(await connection.send(['PING'], 1000)).toBe('PONG')
  }
})

test('options in bytes do as well as in text, and a client of TLS 1.2 at least is served', async () => {
  const { address } = await startRedis(await ours.host(), 'tls-protocols "TLSv1.2"')
  const { ca, cert, key } = application
  const connection = await open(address, {
    ca: Buffer.from(ca),
    cert: Buffer.from(cert),
    key: Buffer.from(key),
  })
  onTestFinished(() => connection.close())
  expect(await connection.send(['PING'], 1000)).toBe('PONG')
})

test('a name may stand for the address that was dialled', async () => {
  const { address } = await startRedis(await ours.host({ addresses: ['192.0.2.1'] }))
  const connection = await open(address, { ...application, servername: 'redis' })
  onTestFinished(() => connection.close())
  expect(await connection.send(['PING'], 1000)).toBe('PONG')
})

describe('a server is refused', () => {
  // INV-TOKENS-36.
  test('whose certificate is of another authority', async () => {
    const { address, port } = await startRedis(await foreign.host())
    expect(await refusal(address, application)).toMatchObject({
      code: 'TLS_FAILED',
      reason: 'unknown-authority',
      message:
        `The certificate of 127.0.0.1:${port} is not signed by "Holdfast authority of dc1". ` +
        'Check `tls.ca`, and that the address is one of this data centre.',
    })
  })

  test('whose authority only has the same name', async () => {
    const impostor = await TestAuthority.create('dc1')
    const { address } = await startRedis(await impostor.host())
    expect(await refusal(address, application)).toMatchObject({ reason: 'unknown-authority' })
  })

  test.each<[string, Partial<TlsOptions>, string]>([
    ['address', {}, 'the address that was dialled'],
    ['name', { servername: 'redis-1' }, 'redis-1'],
  ])('whose certificate is for another %s', async (_, option, wanted) => {
    const other = await ours.host({ name: 'redis-2', addresses: ['192.0.2.2'] })
    const { address, port } = await startRedis(other)
    expect(await refusal(address, { ...application, ...option })).toMatchObject({
      code: 'TLS_FAILED',
      reason: 'wrong-name',
      message:
        `The certificate of 127.0.0.1:${port} is for redis-2, 192.0.2.2, not for ${wanted}. ` +
        'Issue one that holds it.',
    })
  })

  test('whose certificate has expired', async () => {
    const { address, port } = await startRedis(await ours.host(EXPIRED()))
    expect(await refusal(address, application)).toMatchObject({
      code: 'TLS_FAILED',
      reason: 'expired',
      message: `The certificate of 127.0.0.1:${port}, or its authority's, has expired. Renew it.`,
    })
  })

  test('whose certificate is not valid yet', async () => {
    const { address, port } = await startRedis(await ours.host(NOT_YET_VALID()))
    expect(await refusal(address, application)).toMatchObject({
      code: 'TLS_FAILED',
      reason: 'not-yet-valid',
      message: `The certificate of 127.0.0.1:${port} is not valid yet. Check the clocks of both machines.`,
    })
  })

  test.each(['TLSv1', 'TLSv1.1'] as const)('that offers %s', async (version) => {
    // Redis says what OpenSSL can: a build that knows no older version has no such server.
    const { cert, key } = await ours.host()
    const old = 'tls-ciphers DEFAULT@SECLEVEL=0'
    const { address } = await startRedis(await ours.host(), `tls-protocols "${version}"\n${old}`)
    const peer = await startPeer({
      cert,
      key,
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    for (const each of [address, peer]) {
      expect(await refusal(each, application)).toMatchObject({
        code: 'TLS_FAILED',
        reason: 'version',
        message:
          `127.0.0.1:${each.port} offers no TLS of version 1.2 or later. ` +
          'Set `tls-protocols "TLSv1.2 TLSv1.3"` there.',
      })
    }
  })

  test('that shares no cipher', async () => {
    const { cert, key } = await ours.host()
    const peer = await startPeer({
      cert,
      key,
      maxVersion: 'TLSv1.2',
      ciphers: 'ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0',
    })
    expect(await refusal(peer, application)).toMatchObject({
      code: 'TLS_FAILED',
      reason: 'version',
      message: `127.0.0.1:${peer.port} and this client share no cipher. Leave \`tls-ciphers\` at its default there.`,
    })
  })

  test('that does not use TLS', async () => {
    const { address, port } = await startRedis()
    expect(await refusal(address, application)).toMatchObject({
      code: 'TLS_FAILED',
      reason: 'tls-to-plain',
      message: `127.0.0.1:${port} does not use TLS. Dial its TLS port, or set \`tls-port\` there and \`port 0\`.`,
    })
  })

  test('that is not a Redis and answers at once without TLS', async () => {
    const web = createPlainServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    web.listen(0, '127.0.0.1')
    await once(web, 'listening')
    onTestFinished(() => void web.close())
    const { port } = web.address() as { port: number }
    expect(await refusal({ host: '127.0.0.1', port }, application)).toMatchObject({ reason: 'tls-to-plain' })
  })
})

describe('a server refuses a client', () => {
  test.each(['TLSv1.2', 'TLSv1.3'])('without a certificate, by %s', async (version) => {
    const { address, port } = await startRedis(await ours.host(), `tls-protocols "${version}"`)
    for (let tries = 0; tries < 10; tries++) {
      expect(await refusal(address, { ca: ours.ca })).toMatchObject({
        code: 'TLS_FAILED',
        reason: 'client-certificate',
        message:
          `127.0.0.1:${port} asks for a client certificate, and got none. ` +
          'Give `tls.cert` and `tls.key`.',
      })
    }
  })

  test.each<[string, () => Promise<ServerTls>, string]>([
    ['of another authority', () => foreign.application(), 'it believes another authority'],
    ['that has expired', () => ours.application(EXPIRED()), 'it has expired'],
    ['of the future', () => ours.application(NOT_YET_VALID()), 'it is not valid yet, or not sound'],
    [
      'that is made for servers only',
      () => ours.application({ purposes: ['server'] }),
      'it is not made for clients',
    ],
  ])('with a certificate %s', async (_, issue, why) => {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const { address, port } = await startRedis(await ours.host(), `tls-protocols "${version}"`)
      const { cert, key } = await issue()
      expect(await refusal(address, { ca: ours.ca, cert, key })).toMatchObject({
        code: 'TLS_FAILED',
        reason: 'client-certificate',
        message: `127.0.0.1:${port} refused this client's certificate: ${why}. Issue a new one for \`tls.cert\`.`,
      })
    }
  })

  test('that does not use TLS', async () => {
    const { address, port } = await startRedis(await ours.host())
    expect(await refusal(address)).toMatchObject({
      code: 'TLS_FAILED',
      reason: 'plain-to-tls',
      message: `127.0.0.1:${port} takes TLS only, and this client does not use it. Give \`tls\`.`,
    })
  })

  test.each(['-tls1', '-tls1_1'])('that offers no more than %s', async (version) => {
    const { port } = await startRedis(await ours.host())
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, version, '-cipher', 'DEFAULT@SECLEVEL=0']
    const { code, stderr } = (await promisify(execFile)('openssl', args).catch(
      (error: { code: number; stderr: string }) => error,
    )) as { code?: number; stderr: string }
    expect(code).toBe(1)
    expect(stderr).toContain('alert protocol version')
  })
})

test('a password that is wrong is told as such, by TLS too', async () => {
  const { address, port } = await startRedis(await ours.host())
  expect(await refusal(address, application)).toMatchObject({
    code: 'AUTH_FAILED',
    message: `127.0.0.1:${port} refused the password of user "app". Check the user and its password.`,
  })
})

test('a server that hangs is given up in time, and not taken for one without TLS', async () => {
  const redis = await startRedis(await ours.host())
  pauseUntilFinished([redis])
  const error = await refusal(redis.address, application)
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED' })
  expect(error.message).toContain(`Cannot connect to 127.0.0.1:${redis.port}:`)
})

/** A way to a server whose first answer comes late. Answers its address and how many connections are open on it. */
async function slowWayTo(port: number, lateMs: number) {
  let open = 0
  const server = createPlainServer((client) => {
    const peer = connect({ host: '127.0.0.1', port })
    open += 1
    client.on('close', () => {
      open -= 1
      peer.destroy()
    })
    for (const side of [client, peer]) side.on('error', () => {})
    client.pipe(peer)
    setTimeout(() => peer.pipe(client), lateMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { address: { host: '127.0.0.1', port: address.port }, openConnections: () => open }
}

test('a connection whose handshake ends after the deadline does not live on', async () => {
  const { port } = await startRedis(await ours.host({ addresses: ['127.0.0.1'] }))
  const way = await slowWayTo(port, 200)
  const opening = errorOf(open(way.address, application, { connectTimeoutMs: 300 }))
  // The process is busy, so it sees the connection late; the client's own deadline begins only then.
  const busyUntilMs = performance.now() + 200
  while (performance.now() < busyUntilMs);
  expect(await opening).toMatchObject({ code: 'CONNECTION_FAILED' })
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(way.openConnections()).toBe(0)
})
