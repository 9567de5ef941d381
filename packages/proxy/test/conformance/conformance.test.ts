import { RedisGroup } from '@holdfast/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addClientUser, startProxy, type TestProxy } from '../support/proxy.ts'
import { callsOf } from './calls.ts'
import { compare } from './compare.ts'
import { openClient, type Reference, startReference } from './servers.ts'

let group: RedisGroup
let proxy: TestProxy
let reference: Reference

beforeAll(async () => {
  group = await RedisGroup.start()
  await addClientUser(group)
  proxy = await startProxy(group)
  reference = await startReference()
})

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await reference[Symbol.asyncDispose]()
  await group.stop()
})

it.each([
  { protocol: 2, seed: 1, burst: 1 },
  { protocol: 3, seed: 2, burst: 1 },
  { protocol: 2, seed: 3, burst: 12 },
  { protocol: 3, seed: 4, burst: 12 },
] as const)(
  'the proxy answers byte by byte like a lone Redis in RESP$protocol, with $burst calls at a time',
  { timeout: 120_000 },
  async ({ protocol, seed, burst }) => {
    const clients = [
      await openClient(proxy.port, protocol),
      await openClient(reference.port, protocol),
    ] as const
    expect(await compare(clients, callsOf(seed), burst)).toEqual([])
    for (const client of clients) client.close()
  },
)
