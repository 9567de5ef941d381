import { RedisGroup } from '@holdfast/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addClientUser, CLIENT, startProxy } from './support/proxy.ts'

let group: RedisGroup
beforeAll(async () => {
  group = await RedisGroup.start({ redisConfig: 'databases 1' })
  await addClientUser(group)
})
afterAll(() => group.stop())

it('says at once which setting a Redis without a database for the records needs', async () => {
  await using proxy = await startProxy(group)
  const client = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT })
  try {
    await expect(client.set('a', 1)).rejects.toThrow(
      /^UNAVAILABLE The proxy keeps its records in the logical database 15, which 127\.\S+ does not have\. Set "databases 16"/,
    )
  } finally {
    client.disconnect()
  }
})
