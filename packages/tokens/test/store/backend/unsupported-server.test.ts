import {
  findFreePorts,
  PRIMARY_NAME,
  type ServerProcess,
  startStandaloneRedis,
  startTcpServer,
  TEST_USERS,
} from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { within } from '@holdfast/testing/within'
import { createRedisStore, type HoldfastError, type RedisStoreOptions } from '@holdfast/tokens'
import { Connection, type NodeAddress } from '@holdfast/tokens/redis'
import { expect, onTestFinished, test } from 'vitest'
import { HINTS } from '../../../src/redis/sentinel.ts'
import { errorOf, KEYRING } from '../../support.ts'

const group = groupOfThisFile()

/** Why a store is not ready, and that it says so at once and not at the deadline of 30 s. */
async function refusalOf(where: object): Promise<HoldfastError> {
  const options = { dataCentre: 'dc1', keyring: KEYRING, ...TEST_USERS.app, ...where } as RedisStoreOptions
  const store = createRedisStore(options)
  onTestFinished(() => store.close())
  const value = await within(errorOf(store.ready()))
  expect(store.status()).toMatchObject({ writable: false, problem: expect.stringContaining(value.message) })
  return value as HoldfastError
}

async function standalone(redisConfig: string): Promise<ServerProcess> {
  const { server, stop } = await startStandaloneRedis({ redisConfig })
  onTestFinished(stop)
  return server
}

/** A node of a Redis Cluster. Its bus has a leased port too; by default Redis would take its own port plus 10000. */
async function clusterNode(): Promise<{ server: ServerProcess; busPort: string }> {
  const [busPort = 0] = await findFreePorts(1)
  const server = await standalone(`cluster-enabled yes\ncluster-port ${busPort}`)
  return { server, busPort: String(busPort) }
}

async function admin(address: NodeAddress, ...args: string[]) {
  const connection = await Connection.open({ address, ...TEST_USERS.admin })
  try {
    return await connection.send(args, 2000)
  } finally {
    connection.close()
  }
}

/** A server that answers commands of RESP3 by their name and first argument. */
async function fakeServer(answer: (command: string) => string, where = {}): Promise<NodeAddress> {
  const { host, port, close } = await startTcpServer((socket) => {
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      for (;;) {
        const [head, count = ''] = /^\*(\d+)\r\n/.exec(text) ?? []
        if (head === undefined) return
        const args: string[] = []
        let rest = text.slice(head.length)
        for (let index = 0; index < Number(count); index += 1) {
          const [size, length = ''] = /^\$(\d+)\r\n/.exec(rest) ?? []
          if (size === undefined || rest.length < size.length + Number(length) + 2) return
          args.push(rest.slice(size.length, size.length + Number(length)))
          rest = rest.slice(size.length + Number(length) + 2)
        }
        text = rest
        socket.write(answer(args.slice(0, 2).join(' ').toUpperCase()))
      }
    })
  }, where)
  onTestFinished(close)
  return { host, port }
}

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`
const hello = (version: string, mode: string) =>
  `%3\r\n${['server', 'redis', 'version', version, 'mode', mode].map(bulk).join('')}`
const REDIS_6 = (command: string) => {
  if (command.startsWith('HELLO')) return hello('6.2.14', 'standalone')
  if (command === 'INFO SERVER') return bulk('redis_version:6.2.14\r\nredis_mode:standalone\r\n')
  if (command === 'INFO REPLICATION') return bulk(`role:master\r\nmaster_replid:${'a'.repeat(40)}\r\n`)
  return command.startsWith('GET') ? bulk('mark-of-the-test-group') : '+OK\r\n'
}

// INV-TOKENS-53.
test('a Redis Cluster of one node with every slot is refused at once', async () => {
  const { server } = await clusterNode()
  await admin(server.address, 'CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  expect(await refusalOf({ standalone: server.address })).toMatchObject({
    code: 'UNSUPPORTED_SERVER',
    reason: 'cluster',
  })
})

test('one node of a Redis Cluster of three is refused at once, before a login fails with MOVED', async () => {
  const first = await clusterNode()
  const others = [await clusterNode(), await clusterNode()]
  const servers = [first, ...others].map(({ server }) => server)
  const slots = [
    ['0', '5460'],
    ['5461', '10922'],
    ['10923', '16383'],
  ]
  for (const [index, { address }] of servers.entries())
    await admin(address, 'CLUSTER', 'ADDSLOTSRANGE', ...(slots[index] ?? []))
  const { port } = first.server.address
  for (const { server } of others)
    await admin(server.address, 'CLUSTER', 'MEET', '127.0.0.1', String(port), first.busPort)
  for (const { address } of servers)
    expect(await refusalOf({ standalone: address })).toMatchObject({ reason: 'cluster' })
})

test('a Redis older than 7.0 is refused at once, as the one Redis and as the primary that Sentinels name', async () => {
  const old = await fakeServer(REDIS_6)
  expect(await refusalOf({ standalone: old })).toMatchObject({
    code: 'UNSUPPORTED_SERVER',
    reason: 'version',
  })
  const watching = {
    name: PRIMARY_NAME,
    ip: old.host,
    port: String(old.port),
    flags: 'master',
    quorum: '1',
    'config-epoch': '0',
    'down-after-milliseconds': '1500',
    'failover-timeout': '6000',
  }
  const sentinel = await fakeServer((command) => {
    if (command.startsWith('HELLO')) return hello('7.0.15', 'sentinel')
    if (command === 'SENTINEL MYID') return bulk('b'.repeat(40))
    if (command === 'SENTINEL GET-MASTER-ADDR-BY-NAME')
      return `*2\r\n${bulk(old.host)}${bulk(String(old.port))}`
    if (command === 'SENTINEL MASTER')
      return `%${Object.keys(watching).length}\r\n${Object.entries(watching).flat().map(bulk).join('')}`
    if (command.startsWith('SENTINEL')) return '*0\r\n'
    if (command.startsWith('SUBSCRIBE'))
      return HINTS.map((event, index) => `>3\r\n${bulk('subscribe')}${bulk(event)}:${index + 1}\r\n`).join('')
    return '+OK\r\n'
  })
  expect(await refusalOf({ sentinels: [sentinel] })).toMatchObject({ reason: 'version' })
})

test('a Sentinel older than 7.0, and a Redis that is named as a Sentinel, are refused at once', async () => {
  const old = await fakeServer((command) =>
    command.startsWith('HELLO') ? hello('6.2.14', 'sentinel') : '+OK\r\n',
  )
  expect(await refusalOf({ sentinels: [old] })).toMatchObject({
    code: 'UNSUPPORTED_SERVER',
    reason: 'version',
  })
  const { address } = group().redis[0] ?? {}
  expect(
    await refusalOf({
      sentinels: [address],
      sentinelUsername: 'app',
      sentinelPassword: TEST_USERS.app.password,
    }),
  ).toMatchObject({ reason: 'mode' })
})

test('a Sentinel that is named as the one Redis is refused at once', async () => {
  const { address } = group().sentinels[0] ?? {}
  expect(await refusalOf({ standalone: address })).toMatchObject({ reason: 'mode' })
})

test('a replica that is named as the one Redis is refused at once', async () => {
  const primary = await standalone('')
  const replica = await standalone(`replicaof 127.0.0.1 ${primary.address.port}`)
  const error = await refusalOf({ standalone: replica.address })
  expect(error).toMatchObject({ code: 'UNSUPPORTED_SERVER', reason: 'replica' })
  expect(error.message).toContain(`a replica of 127.0.0.1:${primary.address.port}`)
})

test('a proxy or a Redis that does not know HELLO is refused at once', async () => {
  const proxy = await fakeServer((command) => `-ERR unknown command '${command}'\r\n`)
  expect(await refusalOf({ standalone: proxy })).toMatchObject({ reason: 'protocol' })
})

test.each(['wait', 'evalsha', 'publish', 'info'])(
  'a user who may not run %s is refused at once',
  async (command) => {
    const server = await standalone('')
    await admin(server.address, 'ACL', 'SETUSER', 'app', `-${command}`)
    const options = { dataCentre: 'dc1', keyring: KEYRING, ...TEST_USERS.app, standalone: server.address }
    const store = createRedisStore(options)
    onTestFinished(() => store.close())
    const value = await within(errorOf(store.ready()))
    expect(value).toMatchObject({ code: 'UNSUPPORTED_SERVER', reason: 'command' })
    expect(value.message).toContain(`refused ${command.toUpperCase()} (NOPERM)`)
  },
)

test('a node that is replaced by an older one is no longer used, and the status says why', async () => {
  const server = await standalone('')
  const options = { dataCentre: 'dc1', keyring: KEYRING, ...TEST_USERS.app, standalone: server.address }
  const store = createRedisStore(options)
  onTestFinished(() => store.close())
  await store.ready()
  await store.issue({ subject: 'ada' })
  await server.kill()
  await fakeServer(REDIS_6, server.address)
  await expect
    .poll(() => store.status(), { timeout: 5000 })
    .toMatchObject({
      writable: false,
      problem: expect.stringContaining('is Redis 6.2.14, and Holdfast needs'),
    })
  expect(await errorOf(store.issue({ subject: 'ada' }, { timeoutMs: 300 }))).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('is Redis 6.2.14'),
  })
})
