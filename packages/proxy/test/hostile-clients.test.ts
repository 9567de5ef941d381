import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { BareClient } from './support/bare-client.ts'
import { addClientUser, CLIENT, startProxy, type TestProxy } from './support/proxy.ts'

const group = groupOfThisFile()
const MIB = 1024 * 1024
let proxy: TestProxy
let good: Redis

beforeAll(async () => {
  await addClientUser(group())
  proxy = await startProxy(group(), {
    maxUnsentBytes: 8 * MIB,
    maxRequestBytes: 4 * MIB,
    // Large answers are not asked again because a busy machine confirms late.
    leaseMs: 10_000,
  })
  good = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, retryStrategy: null })
})
afterAll(async () => {
  good.disconnect()
  await proxy[Symbol.asyncDispose]()
})
beforeEach(() => {
  proxy.events.length = 0
})
/** Whatever a client did, the others are served. */
afterEach(async () => {
  expect(await good.incr('good')).toBeGreaterThan(0)
})

async function loggedIn(): Promise<BareClient> {
  const client = new BareClient(proxy.port)
  await client.ask(`AUTH ${CLIENT.username} ${CLIENT.password}`)
  return client
}

it.each([
  ['a bulk string of 2 GB', '*2\r\n$3\r\nGET\r\n$2000000000\r\n', 'invalid bulk length'],
  ['two million arguments', '*2000000\r\n', 'invalid multibulk length'],
  ['a length that is no number', '*2\r\n$3\r\nGET\r\n$abc\r\n', 'invalid bulk length'],
  ['no bulk string', '*2\r\n+GET\r\n', "expected '$', got '+'"],
  ['a line without an end', 'x'.repeat(70_000), 'too big inline request'],
  ['an open quote', 'GET "a\r\n', 'unbalanced quotes in request'],
])('%s ends the connection with the error of Redis, and one line in the log', async (_, bytes, message) => {
  using client = await loggedIn()
  client.socket.write(bytes)
  expect((await client.next())[0]).toContain(`-ERR Protocol error: ${message}`)
  await client.ended()
  expect(proxy.events.map(({ event }) => event)).toEqual(['protocol-error'])
})

it('half a command harms nobody, and is forgotten with its connection', async () => {
  using client = await loggedIn()
  client.socket.write('*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$10\r\nabc')
  expect(await good.get('half')).toBeNull()
  client.socket.destroy()
  await client.ended()
  expect(await good.get('half')).toBeNull()
})

it('a client that sends without end and reads nothing is not read on', async () => {
  using client = await loggedIn()
  client.socket.pause()
  const value = 'v'.repeat(1000)
  await good.set('kilobyte', value)
  const commands = Buffer.from('*2\r\n$3\r\nGET\r\n$8\r\nkilobyte\r\n'.repeat(1_000_000))
  client.socket.write(commands)
  const before = process.memoryUsage().rss
  // As long as the good client is served a thousand times, the other one is not read.
  for (let n = 0; n < 1000; n++) await good.get('kilobyte')
  expect(client.socket.writableLength).toBeGreaterThan(commands.length / 2)
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB)
})

it('a client that does not read a large answer is disconnected at the bound', async () => {
  await good.set('large', Buffer.alloc(3 * MIB, 'x'))
  using client = await loggedIn()
  client.socket.pause()
  // All at once: between answers that wait, the proxy would not read the next command.
  client.socket.write('GET large\r\n'.repeat(12))
  await new Promise<void>((resolve) => {
    client.socket.once('close', resolve)
    // Without reading, the end of the connection does not show.
    const look = setInterval(() => {
      if (proxy.events.length === 0) return
      clearInterval(look)
      resolve()
    }, 20)
  })
  expect(proxy.events).toMatchObject([{ event: 'slow-client' }])
})

it('a transaction without end is refused at the bound', async () => {
  using client = await loggedIn()
  expect(await client.ask('MULTI')).toEqual(['+OK\r\n'])
  const command = `SET big ${'x'.repeat(60_000)}`
  let answer = ''
  for (let n = 0; n < 100 && !answer.startsWith('-'); n++) [answer = ''] = await client.ask(command)
  expect(answer).toBe(`-ERR The proxy keeps at most ${4 * MIB} bytes of a transaction.\r\n`)
  expect((await client.ask('EXEC'))[0]).toMatch(/^-EXECABORT/)
})

it('wrong passwords are answered, and logged without the password', async () => {
  using client = new BareClient(proxy.port)
  expect((await client.ask('AUTH client guess-of-a-password'))[0]).toMatch(/^-WRONGPASS/)
  expect(proxy.events).toMatchObject([{ event: 'login-refused', user: 'client' }])
  expect(JSON.stringify(proxy.events)).not.toContain('guess-of-a-password')
})

it('clients beyond the limit get the error of Redis, and the others stay', async () => {
  await using small = await startProxy(group(), { maxClients: 2 })
  using first = new BareClient(small.port)
  using second = new BareClient(small.port)
  await Promise.all([first, second].map((client) => client.ask(`AUTH ${CLIENT.username} ${CLIENT.password}`)))
  using third = new BareClient(small.port)
  expect(await third.next()).toEqual(['-ERR max number of clients reached\r\n'])
  expect(await first.ask('PING')).toEqual(['+PONG\r\n'])
})
