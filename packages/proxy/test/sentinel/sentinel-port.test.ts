import { PRIMARY_NAME } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest'
import { BareClient } from '../support/bare-client.ts'
import { addClientUser, CLIENT, startProxy, type TestProxy } from '../support/proxy.ts'

const group = groupOfThisFile()
let proxy: TestProxy
let sentinelPort: number

beforeAll(async () => {
  await addClientUser(group())
  // Sentinels without an agent may elect twice in vain, 12 s each (FACT-20).
  proxy = await startProxy(group(), { holdMs: 80_000 })
  const host = '127.0.0.1'
  sentinelPort = await proxy.proxy.listenForSentinelClients({ host, port: 0 }, { host, port: proxy.port })
})
afterAll(() => proxy[Symbol.asyncDispose]())

it('serves a client that knows only Sentinels, through a failover that it never hears of', async () => {
  onTestFailed(() => console.error(proxy.events, proxy.proxy.status))
  const client = new Redis({
    sentinels: [{ host: '127.0.0.1', port: sentinelPort }],
    name: PRIMARY_NAME,
    sentinelUsername: 'sentinel-user',
    sentinelPassword: 'sentinel-password',
    failoverDetector: true,
    ...CLIENT,
  })
  const errors: string[] = []
  let disconnects = 0
  client.on('error', ({ message }) => errors.push(message))
  client.on('close', () => {
    disconnects += 1
  })
  expect(await client.incr('sentinel:counter')).toBe(1)
  await (await group().primary()).kill()
  expect(await client.incr('sentinel:counter')).toBe(2)
  expect({ errors, disconnects }).toEqual({ errors: [], disconnects: 0 })
  client.disconnect()
}, 90_000)

it('answers like a Sentinel that has one primary, no replica and no other Sentinel', async () => {
  using client = new BareClient(sentinelPort)
  const [address] = await client.ask(`SENTINEL get-master-addr-by-name ${PRIMARY_NAME}`)
  expect(address).toContain(`\r\n${proxy.port}\r\n`)
  expect(await client.ask('SENTINEL get-master-addr-by-name other')).toEqual(['*-1\r\n'])
  expect(await client.ask(`SENTINEL replicas ${PRIMARY_NAME}`)).toEqual(['*0\r\n'])
  expect(await client.ask(`SENTINEL sentinels ${PRIMARY_NAME}`)).toEqual(['*0\r\n'])
  expect(await client.ask('SENTINEL master other')).toEqual(['-ERR No such master with that name\r\n'])
  expect((await client.ask('SENTINEL masters'))[0]).toContain(PRIMARY_NAME)
  expect((await client.ask('ROLE'))[0]).toContain('sentinel')
  expect((await client.ask('SENTINEL FAILOVER mymaster'))[0]).toContain('The proxy refuses SENTINEL FAILOVER')
  expect((await client.ask('SUBSCRIBE +switch-master'))[0]).toContain('+switch-master')
  expect(await client.ask('PING')).toEqual(['*2\r\n$4\r\npong\r\n$0\r\n\r\n'])
  expect((await client.ask('UNSUBSCRIBE'))[0]).toContain(':0\r\n')
  expect((await client.ask('HELLO 3'))[0]).toMatch(/^%/)
  expect(await client.ask('QUIT')).toEqual(['+OK\r\n'])
  await client.ended()
})

it('ends a connection that does not speak the protocol', async () => {
  using client = new BareClient(sentinelPort)
  client.socket.write('*1\r\n$-5\r\n')
  expect(await client.next()).toEqual(['-ERR Protocol error: invalid bulk length\r\n'])
  await client.ended()
})
