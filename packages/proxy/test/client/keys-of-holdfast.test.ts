import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addClientUser, CLIENT, startProxy, type TestProxy } from '../support/proxy.ts'

const group = groupOfThisFile()
let proxy: TestProxy

beforeAll(async () => {
  await addClientUser(group())
  proxy = await startProxy(group())
})
afterAll(() => proxy[Symbol.asyncDispose]())

describe.each([2, 3] as const)('in database 0, to a client with RESP%i', (protocol) => {
  let redis: Redis
  beforeEach(async () => {
    redis = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, protocol })
    await redis.mset('a', '1', 'b', '2', 'hf-like', '3')
  })
  afterEach(() => redis.disconnect())

  it('KEYS and SCAN show every key but those of Holdfast, also behind a write', async () => {
    const primary = await group().primary()
    expect(String(await group().run(primary, 'KEYS', 'hf:*'))).toContain('hf:mark')
    const all = ['a', 'b', 'hf-like']
    expect((await redis.keys('*')).sort()).toEqual(all)
    expect(await redis.keys('hf:*')).toEqual([])
    const [, keys] = await Promise.all([redis.set('a', '2'), redis.keys('*')])
    expect(keys.sort()).toEqual(all)
    const scanned: string[] = []
    let cursor = '0'
    do {
      const [next, page] = await redis.scan(cursor, 'COUNT', 1)
      scanned.push(...page)
      cursor = next
    } while (cursor !== '0')
    expect(scanned.sort()).toEqual(all)
  })

  it('KEYS in a transaction and RANDOMKEY are refused, and FLUSHDB deletes nothing', async () => {
    await expect(redis.multi().keys('*').exec()).rejects.toThrow(/^EXECABORT/)
    await expect(redis.randomkey()).rejects.toThrow(/refuses RANDOMKEY\. .* Use SCAN/)
    await expect(redis.flushdb()).rejects.toThrow(/refuses FLUSHDB/)
    expect(await redis.get('a')).toBe('1')
  })

  it('another database can be emptied, which deletes nothing else', async () => {
    const primary = await group().primary()
    await redis.select(5)
    await redis.set('elsewhere', '1')
    expect(await redis.randomkey()).toBe('elsewhere')
    expect(await redis.multi().keys('*').exec()).toEqual([[null, ['elsewhere']]])
    expect(await redis.flushdb()).toBe('OK')
    expect(await redis.dbsize()).toBe(0)
    await redis.select(0)
    expect(await redis.get('a')).toBe('1')
    expect(await group().run(primary, 'EXISTS', 'hf:mark')).toBe(1)
    // Had the completion record gone, this write would be counted.
    expect(await redis.incr('a')).toBe(2)
    expect(proxy.proxy.status).toMatchObject({ lostRecords: 0, uncertain: 0 })
  })
})
