import { once } from 'node:events'
import { connect as connectTo } from 'node:net'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { within } from '@holdfast/testing/within'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BareClient } from '../support/bare-client.ts'
import { addClientUser, CLIENT, startProxy, type TestProxy } from '../support/proxy.ts'

const group = groupOfThisFile()
let proxy: TestProxy
let redis: Redis

beforeAll(async () => {
  await addClientUser(group())
  proxy = await startProxy(group())
})
afterAll(() => proxy[Symbol.asyncDispose]())

const connect = (options = {}) => new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, ...options })
beforeEach(() => {
  redis = connect()
})
afterEach(() => redis.disconnect())

// INV-PROXY-6.
describe('the order of one connection', () => {
  it('holds for reads and writes that are sent without waiting for answers', async () => {
    const answers = await Promise.all([
      redis.get('order'),
      redis.set('order', '1'),
      redis.get('order'),
      redis.incr('order'),
      redis.get('order'),
      redis.del('order'),
      redis.get('order'),
    ])
    expect(answers).toEqual([null, 'OK', '1', 2, '2', 1, null])
  })

  it('holds over databases', async () => {
    const answers = await redis
      .pipeline()
      .set('db', 'zero')
      .select(1)
      .get('db')
      .set('db', 'one')
      .select(0)
      .get('db')
      .exec()
    expect(answers?.map(([, answer]) => answer)).toEqual(['OK', 'OK', null, 'OK', 'OK', 'zero'])
  })
})

describe('a transaction', () => {
  it('answers with the results of its commands, errors included', async () => {
    await redis.set('text', 'x')
    const [set, wrong, get] = (await redis.multi().set('t', '1').lpush('text', 'y').get('t').exec()) ?? []
    expect(set).toEqual([null, 'OK'])
    expect(wrong?.[0]?.message).toMatch(/^WRONGTYPE/)
    expect(get).toEqual([null, '1'])
  })

  it('does nothing when a command was refused before EXEC', async () => {
    await redis.del('refused')
    const transaction = redis.multi().set('refused', '1')
    transaction.call('NOSUCHCOMMAND')
    await expect(transaction.exec()).rejects.toThrow(/EXECABORT/)
    expect(await redis.get('refused')).toBeNull()
  })

  it('selects a database for what follows', async () => {
    await redis.multi().select(2).set('selected', 'two').exec()
    expect(await redis.get('selected')).toBe('two')
    await redis.select(0)
    expect(await redis.get('selected')).toBeNull()
  })

  it('is not done when a watched key was changed by another client', async () => {
    const other = connect()
    await redis.set('watched', '1')
    await redis.watch('watched')
    await other.set('watched', '2')
    expect(await redis.multi().set('watched', '3').exec()).toBeNull()
    await redis.watch('watched')
    expect(await redis.multi().set('watched', '4').exec()).toEqual([[null, 'OK']])
    expect(await other.get('watched')).toBe('4')
    other.disconnect()
  })

  it('is done after UNWATCH, whatever happened to the key', async () => {
    const other = connect()
    await redis.watch('unwatched')
    await other.set('unwatched', '2')
    await redis.unwatch()
    expect(await redis.multi().set('unwatched', '3').exec()).toEqual([[null, 'OK']])
    other.disconnect()
  })
})

describe('a command that waits', () => {
  it('gets an element that another client adds, and null at its time', async () => {
    const other = connect()
    const waiting = redis.blpop('queue', 10)
    await other.rpush('queue', 'job')
    expect(await waiting).toEqual(['queue', 'job'])
    expect(await redis.blpop('queue', 0.1)).toBeNull()
    other.disconnect()
  })

  it('gets entries of a stream that are added from now on', async () => {
    const other = connect()
    await other.xadd('stream', '*', 'n', '1')
    const waiting = redis.xread('BLOCK', 10_000, 'STREAMS', 'stream', '$')
    // The answer to this read comes behind the look for the newest entry.
    await new Promise((resolve) => setTimeout(resolve, 100))
    await other.xadd('stream', '*', 'n', '2')
    expect(await waiting).toMatchObject([['stream', [[expect.any(String), ['n', '2']]]]])
    other.disconnect()
  })
})

it('delivers messages of channels and patterns', async () => {
  const other = connect()
  const messages: string[] = []
  const arrived = new Promise<void>((resolve) => {
    redis.on('message', (channel, message) => messages.push(`${channel}=${message}`))
    redis.on('pmessage', (pattern, channel, message) => {
      messages.push(`${pattern}:${channel}=${message}`)
      resolve()
    })
  })
  expect(await redis.subscribe('news', 'more')).toBe(2)
  await redis.psubscribe('n*')
  await other.publish('news', 'hello')
  await arrived
  expect(messages.sort()).toEqual(['n*:news=hello', 'news=hello'])
  other.disconnect()
})

it('returns to other commands when the last channel has ended, in RESP2', async () => {
  using client = new BareClient(proxy.port)
  await client.ask(`AUTH ${CLIENT.username} ${CLIENT.password}`)
  expect(await client.ask('SUBSCRIBE a b', 2)).toEqual([
    confirmed('subscribe', 'a', 1),
    confirmed('subscribe', 'b', 2),
  ])
  expect((await client.ask('GET a'))[0]).toContain("Can't execute 'get'")
  expect(await client.ask('PING')).toEqual(['*2\r\n$4\r\npong\r\n$0\r\n\r\n'])
  expect((await client.ask('UNSUBSCRIBE', 2)).at(-1)).toContain(':0\r\n')
  expect(await client.ask('SET after subscriptions')).toEqual(['+OK\r\n'])
})

const confirmed = (kind: string, channel: string, count: number) =>
  `*3\r\n$${kind.length}\r\n${kind}\r\n$${channel.length}\r\n${channel}\r\n:${count}\r\n`

describe('what a client may not do', () => {
  it.each([
    ['SHUTDOWN', /refuses SHUTDOWN/],
    ['FLUSHALL', /Use FLUSHDB/],
    ['GET hf:mark', /belong to Holdfast/],
    ['SELECT 15', /completion records/],
    ['CLIENT TRACKING ON', /client tracking/],
    ['NOPE a', /unknown command 'NOPE', with args beginning with: 'a'/],
    ['GET', /wrong number of arguments for 'get'/],
  ])('%s is refused with its reason', async (command, message) => {
    const [name = '', ...args] = command.split(' ')
    await expect(redis.call(name, ...args)).rejects.toThrow(message)
  })

  it('needs a login, and the right password', async () => {
    using stranger = new BareClient(proxy.port)
    expect(await stranger.ask('GET a')).toEqual(['-NOAUTH Authentication required.\r\n'])
    expect((await stranger.ask(`AUTH ${CLIENT.username} wrong`))[0]).toMatch(/^-WRONGPASS/)
    expect(await stranger.ask(`AUTH ${CLIENT.username} ${CLIENT.password}`)).toEqual(['+OK\r\n'])
    expect(await stranger.ask('SET known 1')).toEqual(['+OK\r\n'])
  })

  it('has the rights of its user of Redis, also in a batch with others', async () => {
    const reader = { username: 'limited', password: 'test-limited-password' }
    const rules = ['~allowed:*', '~hf:px:*', '%R~hf:mark', '+@all', '-lpush']
    for (const server of group().redis) {
      await group().run(server, 'ACL', 'SETUSER', reader.username, 'on', `>${reader.password}`, ...rules)
    }
    const limited = connect(reader)
    const results = await Promise.allSettled([
      limited.set('allowed:1', 'a'),
      limited.set('forbidden', 'b'),
      limited.lpush('allowed:2', 'c'),
      limited.set('allowed:3', 'd'),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(await limited.mget('allowed:1', 'allowed:3')).toEqual(['a', 'd'])
    limited.disconnect()
  })
})

it('shows clients none of its own keys', async () => {
  await redis.set('mine', '1')
  await redis.select(3)
  await redis.set('only', '1')
  expect(await redis.dbsize()).toBe(1)
  expect(await redis.keys('*')).toEqual(['only'])
})

it('gives every answer that is under way before it stops', async () => {
  const own = await startProxy(group())
  const client = new Redis({ host: '127.0.0.1', port: own.port, ...CLIENT, retryStrategy: null })
  await client.set('stopping', '0')
  const answers = Promise.all(Array.from({ length: 200 }, () => client.incr('stopping')))
  // What the client has sent, the proxy has received: the answer to this comes behind it.
  await client.ping()
  await own.proxy.stop()
  expect((await answers).at(-1)).toBe(200)
  expect(await redis.get('stopping')).toBe('200')
})

it('refuses a password soon after Redis does, and keeps the clients that logged in before, as Redis does', async () => {
  const rights = ['~*', '&*', '+@all']
  const change = (...rules: string[]) =>
    Promise.all(group().redis.map((server) => group().run(server, 'ACL', 'SETUSER', 'rotating', ...rules)))
  await change('on', '>the-old-password', '>the-new-password', ...rights)
  const logIn = async (client: BareClient, password: string) =>
    (await client.ask(`AUTH rotating ${password}`))[0]
  using before = new BareClient(proxy.port)
  expect(await logIn(before, 'the-old-password')).toBe('+OK\r\n')
  expect(await before.ask('SET rotating 0')).toEqual(['+OK\r\n'])
  await change('<the-old-password')
  const isRefused = async () => {
    using client = new BareClient(proxy.port)
    return (await logIn(client, 'the-old-password'))?.startsWith('-WRONGPASS') === true
  }
  await within(
    (async () => {
      while (!(await isRefused())) await new Promise((resolve) => setTimeout(resolve, 50))
    })(),
  )
  expect(await before.ask('SET rotating 1')).toEqual(['+OK\r\n'])
  using after = new BareClient(proxy.port)
  expect(await logIn(after, 'the-new-password')).toBe('+OK\r\n')
})

it('stops as soon as its clients have their answers, also when one sends more', async () => {
  const own = await startProxy(group())
  using client = new BareClient(own.port)
  await client.ask('PING')
  const stopping = own.proxy.stop(60_000)
  // The proxy has just ended the connection, and the client does not know it yet.
  client.socket.write('PING\r\n')
  await within(stopping)
})

it('ends a connection that it refused also when the client does not', async () => {
  const own = await startProxy(group())
  const socket = connectTo({ port: own.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.resume()
  socket.write('*1\r\n:wrong\r\n')
  await within(once(socket, 'end'))
  await within(until(() => own.proxy.status.clients === 0))
  socket.destroy()
  await own.proxy.stop()
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}
