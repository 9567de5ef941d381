import { type ServerProcess, startStandaloneRedis, TEST_USERS } from '@holdfast/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeCommand } from '../../src/resp/request-parser.ts'
import { ALL_WRITE_RULES } from '../../src/streams/batch.ts'
import { newCounters } from '../../src/streams/counters.ts'
import { WriteStream } from '../../src/streams/write-stream.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'
import { TABLE } from '../commands/support.ts'

/** Increments of other proxies on the new primary. */
const OF_OTHERS = 5
const NEVER_MS = 60_000

let servers: Awaited<ReturnType<typeof startStandaloneRedis>>[] = []
beforeAll(async () => {
  servers = await Promise.all([startStandaloneRedis(), startStandaloneRedis()])
})
afterAll(() => Promise.all(servers.map(({ stop }) => stop())))

const clientOf = ({ address }: ServerProcess) => new Redis({ ...address, ...TEST_USERS.admin })

async function nodeOf(server: ServerProcess) {
  const client = clientOf(server)
  const info = await client.info('replication')
  client.disconnect()
  const { address } = server
  return {
    address: `${address.host}:${address.port}`,
    view: { replid: /^master_replid:(\w+)/m.exec(info)?.[1] ?? '' },
    endpoint: { address, reach: address, tls: undefined, localAddress: undefined },
  }
}

/**
 * A group in which one replica has confirmed what the old primary did. While the Sentinels are asked, the proxy finds the
 * new primary, which lacks it. The Sentinels have announced no later election than that of the new primary, so the
 * barrier is clear.
 */
async function failoverDuringBarrier(): Promise<Upstream> {
  const [before, after] = await Promise.all(servers.map(({ server }) => nodeOf(server)))
  const over = Promise.withResolvers<void>()
  let term = 1
  const group = {
    get term() {
      return term
    },
    isOurs: () => true,
    alert: () => {},
    termOver: (ended: number) => (ended === 1 ? over.promise : new Promise(() => {})),
  }
  const upstream = {
    group,
    problem: null,
    get primary() {
      return { node: term === 1 ? before : after, term }
    },
    confirmation: () => ({
      wait: async () => ({ followed: true, complete: term === 2, missing: term === 2 ? [] : ['c'] }),
    }),
    isClear: async () => {
      term = 2
      over.resolve()
      return true
    },
  }
  return upstream as unknown as Upstream
}

async function answerOfIncrement(key: string, rules: { term: boolean }): Promise<string> {
  const [, after] = servers
  if (after === undefined) throw new Error('The servers have not started.')
  const others = clientOf(after.server)
  await others.set(key, OF_OTHERS)
  others.disconnect()
  const stream = new WriteStream(await failoverDuringBarrier(), {
    identity: { ...TEST_USERS.admin, protocol: 2 },
    commands: TABLE,
    recordDb: 15,
    maxJournalBytes: 1024,
    whenReplicaMissing: 'acknowledge',
    holdMs: NEVER_MS,
    counters: newCounters(),
    rules: { ...ALL_WRITE_RULES, ...rules },
    onLoginRefused: () => {},
    onSentAgain: () => {},
  })
  try {
    return await new Promise((resolve) =>
      stream.add({
        db: 0,
        commands: [encodeCommand(['INCR', key])],
        names: ['incr'],
        isTransaction: false,
        isRead: false,
        sender: stream,
        untilMs: performance.now() + NEVER_MS,
        isAbandoned: () => false,
        answer: (reply) => resolve(String(reply).trim()),
      }),
    )
  } finally {
    stream.close()
  }
}

// INV-PROXY-2.
it('a write that was confirmed before the proxy found the new primary is done there before it is answered', async () => {
  expect(await answerOfIncrement('same-term', { term: true })).toBe(`:${OF_OTHERS + 1}`)
})

it('would be answered by the old primary without the term', async () => {
  expect(await answerOfIncrement('any-term', { term: false })).toBe(':1')
})
