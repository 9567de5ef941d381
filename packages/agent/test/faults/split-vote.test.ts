import { setTimeout as sleep } from 'node:timers/promises'
import { Network, PRIMARY_NAME, RedisGroup, TEST_USERS } from '@holdfast/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionPool } from '../../src/redis/connection-pool.ts'
import { readAnswer, type SentinelAnswer } from '../../src/redis/sentinels.ts'
import { repeatSplitVotes } from '../../src/watchdog/rules/split-vote.ts'
import { watchGroup } from '../../src/watchdog/watch-group.ts'
import { groupOver } from '../support/real-group.ts'

let network: Network
let group: RedisGroup
let connections: ConnectionPool
let stop: AbortController

beforeEach(async () => {
  stop = new AbortController()
  network = await Network.create()
  group = await RedisGroup.start({ network })
  connections = new ConnectionPool({ ...TEST_USERS.admin, tls: null })
})
afterEach(async () => {
  stop.abort()
  connections.close()
  await group.stop()
  await network.close()
})

/**
 * Splits the vote. Two Sentinels mark the primary as down while they cannot reach each other and the third one is dead. Each
 * starts an election and votes for itself. Then they reach each other again.
 */
async function splitTheVote(): Promise<void> {
  const [first, second, third] = group.sentinels
  if (first === undefined || second === undefined || third === undefined)
    throw new Error('There are no Sentinels.')
  for (const sentinel of [second, third]) {
    await group.run(sentinel, 'SENTINEL', 'SET', PRIMARY_NAME, 'quorum', '1')
    // Otherwise a Sentinel learns the other's epoch through the replicas, and asks for votes in the next epoch.
    await group.run(sentinel, 'SENTINEL', 'DEBUG', 'publish-period', '60000')
  }
  await first.kill()
  network.cut(['sb'], ['sc'])
  const primary = await group.primary()
  primary.pause()
  await expect.poll(candidates, { timeout: 5000, interval: 20 }).toBe(2)
  network.heal()
}

/** The answers of the two remaining Sentinels. */
function answers(): Promise<SentinelAnswer[]> {
  return Promise.all(
    group.sentinels.slice(1).map(async (sentinel) => {
      const reply = await group.run(sentinel, 'SENTINEL', 'MASTER', PRIMARY_NAME)
      return readAnswer(sentinel.address, reply)
    }),
  )
}

async function candidates(): Promise<number> {
  return (await answers()).filter(({ failingOver }) => failingOver).length
}

async function isPromoted(): Promise<boolean> {
  const infos = await Promise.all(
    // The old primary hangs.
    group.redis.slice(1).map(async (server) => String(await group.run(server, 'INFO', 'replication'))),
  )
  return infos.some((info) => /^role:master/m.test(info))
}

const timeouts = async () => (await answers()).map(({ failoverTimeoutMs }) => failoverTimeoutMs)

describe('after two Sentinels each voted for themselves', () => {
  it('no replica is promoted for seconds without an agent', async () => {
    await splitTheVote()
    await sleep(4000)
    expect(await isPromoted()).toBe(false)
  })

  it('with an agent, the Sentinels vote again at once and keep their failover-timeout', async () => {
    const own = group.sentinels.map(({ ownAddress }) => ownAddress)
    const options = {
      group: groupOver(connections, [], own),
      own: { redis: [], sentinels: own },
      rules: [repeatSplitVotes],
      log: () => {},
    }
    const watching = watchGroup(options, stop.signal).catch(() => {})
    await splitTheVote()
    await expect.poll(isPromoted, { timeout: 4000, interval: 20 }).toBe(true)
    await expect.poll(timeouts, { timeout: 2000, interval: 20 }).toEqual([6000, 6000])
    stop.abort()
    await watching
  })
})
