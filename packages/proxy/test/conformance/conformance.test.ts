import { RedisGroup } from '@holdfast/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addClientUser, CLIENT, startProxy, type TestProxy } from '../support/proxy.ts'
import { callsOf } from './calls.ts'
import { compare, RawClient } from './compare.ts'
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

const calls = (...lines: string[]) => lines.map((line) => line.split(' ').map((word) => Buffer.from(word)))
const { username, password } = CLIENT

// Before a login the proxy has no table of commands: it answers NOAUTH also to unknown ones.
it.each([
  [
    'before a login',
    [
      'GET k',
      'PING',
      'MULTI',
      'HELLO x',
      'HELLO 4',
      'HELLO 3',
      'HELLO 2 NOSUCH',
      'AUTH',
      'AUTH a b c',
      `AUTH ${username} wrong`,
      `HELLO 3 AUTH ${username} wrong`,
      'RESET',
      'RESET a',
    ],
  ],
  [
    'after a login',
    [
      `AUTH ${username} ${password}`,
      'SELECT 3',
      'CLIENT SETNAME me',
      'CLIENT GETNAME',
      `AUTH ${username} wrong`,
      'HELLO 4',
      'HELLO 3 NOSUCH',
      'HELLO 3 SETNAME',
      'SET k v',
      'GET k',
      'MULTI',
      'SET k w',
      'RESET',
      'GET k',
      `AUTH ${username} ${password}`,
      'CLIENT GETNAME',
      'GET k',
      'SELECT 3',
      'GET k',
      'DEL k',
    ],
  ],
  ['with QUIT', [`AUTH ${username} ${password}`, 'PING', 'QUIT']],
])('the proxy answers like a lone Redis %s', async (_, lines) => {
  const clients = [await RawClient.open(proxy.port), await RawClient.open(reference.port)] as const
  expect(await compare(clients, calls(...lines), 1)).toEqual([])
  for (const client of clients) client.close()
})

it('the proxy refuses FLUSHDB where the data of Holdfast may be, also behind SELECT in a transaction', async () => {
  const client = await openClient(proxy.port, 2)
  const lines = [
    'MULTI',
    'SELECT 0',
    'SELECT 99',
    'FLUSHDB',
    'EXEC',
    'SELECT 0',
    'FLUSHDB',
    'FLUSHALL',
    'GET hf:mark',
  ]
  const replies = (await client.ask(calls(...lines))).map(String)
  const refused = expect.stringMatching(/^-ERR The proxy refuses /)
  const broken = expect.stringMatching(/^-EXECABORT /)
  expect(replies.slice(3)).toEqual([refused, broken, '+OK\r\n', refused, refused, refused])
  client.close()
})
