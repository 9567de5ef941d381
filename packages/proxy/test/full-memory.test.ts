import { RedisGroup } from '@holdfast/testing'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { encodeCommand } from '../src/resp/request-parser.ts'
import { encodeForFullMemory, readOutcomeForFullMemory } from '../src/streams/full-memory.ts'
import { TABLE } from './commands/support.ts'
import { openClient, startReference } from './conformance/servers.ts'
import { BareClient } from './support/bare-client.ts'
import { addClientUser, CLIENT, startProxy } from './support/proxy.ts'

const FULL = ['CONFIG', 'SET', 'maxmemory', '1']
const ROOM = ['CONFIG', 'SET', 'maxmemory', '0']
const CALL = {
  db: 0,
  names: [],
  isTransaction: false,
  isRead: false,
  sender: {},
  untilMs: 0,
  isAbandoned: () => false,
  answer: () => {},
}
const bytes = (line: string) => line.split(' ').map((word) => Buffer.from(word))

const DATA = [
  'SET text 1',
  'SET other 2 EX 1000',
  'SET gone 3',
  'SET unlinked 4',
  'SET taken 5',
  'RPUSH list a b c d e f g h',
  'RPUSH queue one two three',
  'HSET hash a 1 b 2',
  'SADD set a b',
  'SADD single a',
  'SADD alone a',
  'ZADD sorted 1 a 2.5 b 3 c 4 d 5 e inf f',
  'ZADD waiting 1 a 2 b',
  'XADD stream 1-1 a 1',
  'XADD stream 2-1 a 2',
  'XADD stream 3-1 a 3',
  'XGROUP CREATE stream group 0',
  'PFADD hll a b c',
]

/** What Redis does, and what it refuses, while its memory is full. */
const callsFor = (protocol: number) => [
  'SET text 2',
  'INCR text',
  'GET text',
  'HGETALL hash',
  'DEL gone',
  'DEL gone text:missing',
  'UNLINK unlinked',
  'EXPIRE text 1000',
  'PERSIST text',
  'PEXPIREAT other 1',
  'GETDEL taken',
  'GETDEL missing',
  'GETEX text PERSIST',
  'GETEX missing',
  'LPOP list',
  'LPOP list 2',
  'LPOP missing',
  'LPOP missing 2',
  'RPOP list',
  'LPOP text',
  'LREM list 0 d',
  'LTRIM list 0 1',
  'LMPOP 1 list LEFT COUNT 1',
  'LMPOP 1 missing LEFT',
  'HDEL hash a missing',
  'SREM set a',
  'SMOVE set single b',
  'SPOP alone',
  'SPOP missing',
  'SPOP missing 2',
  'SPOP set 1',
  'ZREM sorted a',
  'ZPOPMIN sorted',
  'ZPOPMIN sorted 2',
  'ZPOPMAX sorted 1',
  'ZPOPMAX missing',
  'ZMPOP 1 sorted MIN',
  'ZMPOP 1 missing MIN',
  'ZREMRANGEBYRANK sorted 0 -1',
  'XREADGROUP GROUP group one COUNT 2 STREAMS stream >',
  'XACK stream group 1-1',
  'XDEL stream 1-1',
  'XREADGROUP GROUP group one STREAMS stream >',
  'XREADGROUP GROUP group one STREAMS stream >',
  'XTRIM stream MAXLEN 0',
  'XGROUP DESTROY stream group',
  'BLPOP missing queue 1',
  'BRPOP queue 1',
  'BLMPOP 1 2 missing queue LEFT',
  'BLPOP queue 0.01',
  'BZPOPMIN missing waiting 1',
  'BZPOPMAX waiting 1',
  'BZPOPMAX waiting 0.01',
  'RENAME text renamed',
  // Another database each time: the key stays there.
  `MOVE renamed ${protocol + 2}`,
  'PFCOUNT hll',
  'PUBLISH channel message',
  'XADD stream 9-1 a 1',
  'EXISTS list set sorted',
  'FLUSHDB',
  'DBSIZE',
]

describe('while the memory of Redis is full', () => {
  let group: RedisGroup
  beforeAll(async () => {
    group = await RedisGroup.start()
    await addClientUser(group)
  })
  afterAll(() => group.stop())

  it.each([2, 3] as const)(
    'the proxy answers each command as Redis itself does, in RESP%i',
    async (protocol) => {
      await using reference = await startReference()
      await using proxy = await startProxy(group)
      const primary = await group.primary()
      const direct = await openClient(reference.port, protocol)
      const client = await openClient(proxy.port, protocol)
      const both = async (line: string) => {
        const [expected] = await direct.ask([bytes(line)])
        const [answer] = await client.ask([bytes(line)])
        return { expected: `${line}: ${expected}`, answer: `${line}: ${answer}` }
      }
      for (const line of DATA) await both(line)
      await direct.ask([FULL.map((word) => Buffer.from(word))])
      await group.run(primary, ...FULL)
      try {
        const answers = []
        for (const line of callsFor(protocol)) answers.push(await both(line))
        expect(answers.map(({ answer }) => answer)).toEqual(answers.map(({ expected }) => expected))
        expect(answers.filter(({ answer }) => answer.includes('-OOM'))).toHaveLength(3)
        expect(proxy.proxy.status).toMatchObject({ uncertain: 0, unavailable: 0 })
      } finally {
        await group.run(primary, ...ROOM)
        direct.close()
        client.close()
      }
    },
  )

  it('a command that was sent behind one that makes room is done', async () => {
    await using proxy = await startProxy(group)
    const primary = await group.primary()
    const client = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, retryStrategy: null })
    try {
      await client.set('large', Buffer.alloc(4_000_000))
      const [, used] = /^used_memory:(\d+)/m.exec(String(await group.run(primary, 'INFO', 'memory'))) ?? []
      await group.run(primary, 'CONFIG', 'SET', 'maxmemory', String(Number(used) - 2_000_000))
      const sent = [
        client.set('early', '1'),
        client.del('large'),
        client.set('late', '1'),
        client.get('late'),
      ]
      const answers = await Promise.allSettled(sent)
      expect(answers).toMatchObject([
        { reason: { message: "OOM command not allowed when used memory > 'maxmemory'." } },
        { value: 1 },
        { value: 'OK' },
        { value: '1' },
      ])
    } finally {
      await group.run(primary, ...ROOM)
      client.disconnect()
    }
  })

  it('reads that are as strict as writes are answered, and scripts and transactions are refused', async () => {
    await using proxy = await startProxy(group, { reads: 'confirmed' })
    const primary = await group.primary()
    const client = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, retryStrategy: null })
    try {
      await client.hset('strict', 'a', '1')
      await group.run(primary, ...FULL)
      expect(await client.hgetall('strict')).toEqual({ a: '1' })
      await expect(client.eval("return redis.call('DEL', KEYS[1])", 1, 'strict')).rejects.toThrow(/^OOM/)
      await expect(client.multi().del('strict').exec()).rejects.toThrow(/^EXECABORT .*OOM/)
      expect(await client.del('strict')).toBe(1)
    } finally {
      await group.run(primary, ...ROOM)
      client.disconnect()
    }
  })

  // INV-PROXY-2.
  it('a write is answered only when replicas have confirmed what the script did', async () => {
    await using proxy = await startProxy(group)
    const primary = await group.primary()
    const client = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, retryStrategy: null })
    using monitor = new BareClient(primary.port)
    try {
      await client.set('replicated', '1')
      await group.run(primary, ...FULL)
      await monitor.ask(`AUTH ${CLIENT.username} ${CLIENT.password}`)
      await monitor.ask('MONITOR')
      expect(await client.del('replicated')).toBe(1)
      await group.run(primary, 'ECHO', 'answered')
      const lines: string[] = []
      while (lines.at(-1)?.includes('"answered"') !== true) lines.push(...(await monitor.next()))
      const script = lines.findIndex((line) => line.includes('"EVAL"') && line.includes('"replicated"'))
      const connection = /\[\d+ (\S+)\]/.exec(lines[script] ?? '')?.[1] ?? 'none'
      const behind = lines.slice(script + 1).filter((line) => line.includes(connection))
      expect(behind.map((line) => /"(\w+)"/.exec(line)?.[1])).toContain('WAIT')
    } finally {
      await group.run(primary, ...ROOM)
      client.disconnect()
    }
  })

  // INV-PROXY-1.
  it('nothing is done if another attempt has changed the completion record', async () => {
    const primary = await group.primary()
    using redis = new BareClient(primary.port)
    const record = { key: 'hf:px:guarded', db: 15 }
    const options = { record, protocol: 2, guard: true, commands: TABLE } as const
    const batch = { number: 2, calls: [{ ...CALL, commands: [encodeCommand(['INCR', 'guarded'])] }] }
    const attempt = async (known: string | null, value: string) => {
      const { bytes, replies } = encodeForFullMemory(batch, { known, value }, options)
      redis.socket.write(Buffer.concat(bytes))
      const answers = (await redis.next(replies)).map((reply) => Buffer.from(reply))
      return readOutcomeForFullMemory(batch, answers, options, Buffer.from(''))
    }
    await redis.ask(`AUTH ${CLIENT.username} ${CLIENT.password}`)
    await group.run(primary, ...FULL)
    try {
      expect(await attempt(null, '2.1')).toEqual({ kind: 'done', answers: [Buffer.from(':1\r\n')] })
      expect(await attempt(null, '2.2')).toEqual({ kind: 'guarded' })
      expect(await attempt('1.1', '2.3')).toEqual({ kind: 'guarded' })
      expect(await group.run(primary, 'GET', 'guarded')).toEqual(Buffer.from('1'))
    } finally {
      await group.run(primary, ...ROOM)
    }
  })

  it('a user without the right to EVAL gets the answer of Redis to the transaction', async () => {
    const primary = await group.primary()
    for (const server of group.redis) {
      await group.run(server, 'ACL', 'SETUSER', 'plain', 'on', '>plain-password', '~*', '+@all', '-eval')
    }
    await using proxy = await startProxy(group)
    const login = { username: 'plain', password: 'plain-password' }
    const client = new Redis({ host: '127.0.0.1', port: proxy.port, ...login, retryStrategy: null })
    try {
      await client.set('plain', '1')
      await group.run(primary, ...FULL)
      await expect(client.del('plain')).rejects.toThrow(/^OOM/)
      await group.run(primary, ...ROOM)
      expect(await client.del('plain')).toBe(1)
    } finally {
      await group.run(primary, ...ROOM)
      client.disconnect()
    }
  })
})

describe('a replica without memory that lacks acknowledged writes and is elected', () => {
  let group: RedisGroup
  beforeEach(async () => {
    group = await RedisGroup.start()
    await addClientUser(group)
  })
  afterEach(() => group.stop())

  // INV-PROXY-2.
  it('gets them before anybody reads', { timeout: 60_000 }, async () => {
    await using proxy = await startProxy(group, { holdMs: 60_000 })
    const client = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, retryStrategy: null })
    await client.set('counter', '0')
    const primary = await group.primary()
    const [stale, other] = await group.replicas()
    if (stale === undefined || other === undefined) throw new Error('The group has too few replicas.')
    // A replica takes what its primary sends, whatever its own limit is.
    await group.run(stale, ...FULL)
    stale.pause()
    // What is on its way to a paused process would still arrive: its connection ends before the writes.
    await group.run(primary, 'CLIENT', 'KILL', 'TYPE', 'replica')
    for (let n = 0; n < 25; n++) await client.incr('counter')
    await client.multi().rpush('list', 'a').select(3).set('elsewhere', '1').select(0).exec()
    await Promise.all([primary.kill(), other.kill()])
    stale.resume()
    while ((await group.primary().catch(() => null)) !== stale)
      await new Promise((resolve) => setTimeout(resolve, 100))
    await other.start()
    await expect(client.set('after', '1')).rejects.toThrow(/^OOM/)
    expect(await client.get('counter')).toBe('25')
    expect(await client.lrange('list', 0, -1)).toEqual(['a'])
    await client.select(3)
    expect(await client.get('elsewhere')).toBe('1')
    expect(proxy.proxy.status).toMatchObject({ notSentAgain: 0 })
    client.disconnect()
  })
})
