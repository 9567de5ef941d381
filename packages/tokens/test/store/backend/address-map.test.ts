import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'
import { Network, RedisGroup, type ServerProcess, type ServerTls, TestAuthority } from '@holdfast/testing'
import type { AddressMap } from '@holdfast/tokens'
import { formatAddress } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { errorOf, makeStore, openStore } from '../../support.ts'

/** The servers announce addresses that they reach among themselves, and that the host of the application does not. */
let network: Network
let group: RedisGroup
let localAddress: string

beforeAll(async () => {
  network = await Network.create()
  group = await RedisGroup.start({ network })
  localAddress = network.addHost('application')
  network.cut(['application'], ['a', 'b', 'c', 'sa', 'sb', 'sc'])
})
afterAll(async () => {
  await group?.stop()
  await network?.close()
})

/** Each server listens at another address, which the application reaches. */
const reachable = (servers: readonly ServerProcess[]): AddressMap =>
  Object.fromEntries(servers.map(({ address, ownAddress }) => [formatAddress(address), ownAddress]))

test('without an address map, a store that cannot reach the announced addresses finds no primary', async () => {
  const sentinels = group.sentinels.map(({ ownAddress }) => ownAddress)
  const store = makeStore({ sentinels }, { localAddress })
  onTestFinished(() => store.close())
  expect(await errorOf(store.ready({ timeoutMs: 1500 }))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

test('Redis alone uses TLS, and the certificate of each server holds only its own name', async () => {
  const authority = await TestAuthority.create('dc1')
  const tls = await authority.application()
  const redis: AddressMap = Object.fromEntries(
    await Promise.all(
      group.redis.map(async (server, index) => {
        const servername = `redis-${index}.example.org`
        const certificate = await authority.host({ name: servername, addresses: [] })
        return [formatAddress(server.address), { ...(await startTlsProxy(server, certificate)), servername }]
      }),
    ),
  )
  const sentinels = group.sentinels.map(({ ownAddress }) => ownAddress)
  const options = { sentinels, tls, sentinelTls: false }
  const store = await openStore(
    group,
    { ...options, addressMap: { ...reachable(group.sentinels), ...redis } },
    { localAddress },
  )
  const { token } = await store.issue({ subject: 'ann' })
  expect(await store.verify(token)).toMatchObject({ status: 'active' })
  // The new secrets are tried at the same addresses.
  await store.renew({ tls })

  const unnamed = Object.entries(redis).map(([text, { host, port }]) => [text, { host, port }])
  const wrong = makeStore(
    { ...options, addressMap: { ...reachable(group.sentinels), ...Object.fromEntries(unnamed) } },
    { localAddress },
  )
  onTestFinished(() => wrong.close())
  const error = await errorOf(wrong.ready({ timeoutMs: 10_000 }))
  expect(error).toMatchObject({ code: 'TLS_FAILED', reason: 'wrong-name' })
  expect(error.message).toContain('reached at 127.0.0.1:')
})

// INV-TOKENS-57.
test('by an address map, a store behind NAT logs in, and follows a failover', {
  timeout: 60_000,
}, async () => {
  const sentinels = group.sentinels.map(({ ownAddress }) => ownAddress)
  const addressMap = reachable([...group.redis, ...group.sentinels])
  const store = await openStore(group, { sentinels, addressMap }, { localAddress })
  const before = await store.issue({ subject: 'bob' })
  const killed = await group.primary()
  // Messages and the status name servers as their other clients know them.
  const announced = group.sentinels.map(({ address }) => formatAddress(address))
  expect(store.status().primary).toBe(formatAddress(killed.address))
  expect(
    store
      .status()
      .sentinels.map(({ address }) => address)
      .sort(),
  ).toEqual(announced.sort())
  await killed.kill()
  const after = await store.issue({ subject: 'bob' })
  expect(store.status().primary).not.toBe(formatAddress(killed.address))
  for (const { token } of [before, after])
    expect(await store.verify(token)).toMatchObject({ status: 'active' })
  expect(await store.list('bob')).toHaveLength(2)
})

/** Ends TLS in front of a server, as stunnel does. It ends with the test. */
async function startTlsProxy({ ownAddress }: ServerProcess, certificate: ServerTls) {
  const server = createServer({ ...certificate, requestCert: true }, (socket) => {
    const target = connect(ownAddress)
    for (const side of [socket, target]) {
      side.on('error', () => {})
      side.on('close', () => [socket, target].map((one) => one.destroy()))
    }
    socket.pipe(target).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}
