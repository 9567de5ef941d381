import { setTimeout as sleep } from 'node:timers/promises'
import { PRIMARY_NAME, RedisGroup, type ServerProcess, TEST_USERS } from '@holdfast/testing'
import { formatAddress } from '@holdfast/tokens/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionPool } from '../../src/redis/connection-pool.ts'
import { type NodeView, readView } from '../../src/redis/nodes.ts'
import { readList } from '../../src/redis/replies.ts'
import { isChosen } from '../../src/watchdog/questions.ts'
import { demoteReplacedPrimaries } from '../../src/watchdog/rules/demote-replaced-primary.ts'
import { SENTINEL_PERIODS } from '../../src/watchdog/sentinel-settings.ts'
import { watchGroup } from '../../src/watchdog/watch-group.ts'
import { groupOver } from '../support/real-group.ts'

const COMMAND_TIMEOUT_MS = 200
/** The time after which a Sentinel that does not know a promotion undoes it, and a margin. */
const UNDO_MS = 4 * SENTINEL_PERIODS['publish-period'] + 1500

let group: RedisGroup
let connections: ConnectionPool
let stop: AbortController

beforeEach(async () => {
  stop = new AbortController()
  group = await RedisGroup.start()
  await group.setSentinelPeriods(SENTINEL_PERIODS['info-period'], SENTINEL_PERIODS['publish-period'])
  connections = new ConnectionPool({ ...TEST_USERS.admin, tls: null })
})
afterEach(async () => {
  stop.abort()
  connections.close()
  await group.stop()
})

async function viewOf({ ownAddress }: ServerProcess): Promise<NodeView> {
  const [info] = await connections.send(ownAddress, [['INFO', 'replication']], COMMAND_TIMEOUT_MS)
  return readView(ownAddress, info)
}

/** Whether a Sentinel leads the failover: only the leader has chosen a replica to promote. */
async function leads({ ownAddress }: ServerProcess): Promise<boolean> {
  const [reply] = await connections.send(
    ownAddress,
    [['SENTINEL', 'REPLICAS', PRIMARY_NAME]],
    COMMAND_TIMEOUT_MS,
  )
  return readList(reply).some(isChosen)
}

/** Runs the agents of all hosts, or of all but one. */
function watch(but: ServerProcess | null = null): Promise<unknown> {
  const addresses = (servers: ServerProcess[]) => servers.map(({ ownAddress }) => ownAddress)
  const sentinels = addresses(group.sentinels)
  const options = {
    group: groupOver(connections, addresses(group.redis), sentinels),
    own: { redis: addresses(group.redis.filter((server) => server !== but)), sentinels },
    rules: [demoteReplacedPrimaries],
    log: () => {},
  }
  return watchGroup(options, stop.signal).catch(() => {})
}

/** The role of a Redis. Null while it does not answer: Sentinel closes the connections of a Redis whose role it changes. */
const roleOf = (server: ServerProcess) =>
  viewOf(server).then(
    ({ role }) => role,
    () => null,
  )

async function first(
  servers: ServerProcess[],
  is: (server: ServerProcess) => Promise<boolean>,
): Promise<ServerProcess | null> {
  for (const server of servers) if (await is(server)) return server
  return null
}

/** Pauses the primary, and pauses the leader of its failover as soon as it has promoted a replica. */
async function promoteAndStandStill() {
  const old = await group.primary()
  old.pause()
  const others = group.redis.filter((server) => server !== old)
  for (;;) {
    const leader = await first(group.sentinels, leads)
    const promoted = await first(others, async (server) => (await roleOf(server)) === 'primary')
    if (leader !== null && promoted !== null) {
      leader.pause()
      return { old, promoted }
    }
    await sleep(5)
  }
}

describe('when the old primary is back while the leader stands still', () => {
  it('the other Sentinels make the promoted Redis a replica again', async () => {
    const { old, promoted } = await promoteAndStandStill()
    old.resume()
    await expect.poll(() => roleOf(promoted), { timeout: 2 * UNDO_MS }).toBe('replica')
    expect(await roleOf(old)).toBe('primary')
  })

  // INV-AGENT-13.
  it('the promoted Redis stays the primary if an agent makes the old primary follow it', async () => {
    const watching = watch()
    const { old, promoted } = await promoteAndStandStill()
    old.resume()
    const followed = () =>
      viewOf(old).then(
        ({ primaryAddress }) => primaryAddress,
        () => null,
      )
    await expect.poll(followed, { timeout: 2000, interval: 20 }).toBe(formatAddress(promoted.address))
    await sleep(UNDO_MS)
    expect(await roleOf(promoted)).toBe('primary')
    stop.abort()
    await watching
  })

  it('the promoted Redis stays the primary with agents even if the old primary comes back after four periods', async () => {
    const watching = watch(group.redis[0])
    const { old, promoted } = await promoteAndStandStill()
    expect(old).toBe(group.redis[0])
    await sleep(UNDO_MS)
    old.resume()
    await sleep(1500)
    expect([await roleOf(old), await roleOf(promoted)]).toEqual(['primary', 'primary'])
    stop.abort()
    await watching
  })
})
