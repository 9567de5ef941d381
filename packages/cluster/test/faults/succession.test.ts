import { setTimeout as sleep } from 'node:timers/promises'
import { PRIMARY_NAME, RedisGroup, type ServerProcess, TEST_USERS } from '@holdfast/testing'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTime } from '../../src/redis/in-time.ts'
import { Lines, readList } from '../../src/redis/lines.ts'
import { type NodeView, readView } from '../../src/redis/nodes.ts'
import { announcementQuestions, readAnnouncement } from '../../src/redis/sentinels.ts'
import { SENTINEL_PERIODS } from '../../src/supervise/sentinel-settings.ts'
import { isChosen } from '../../src/supervise/split-vote.ts'
import { watchSuccession } from '../../src/supervise/succession.ts'

const PATIENCE_MS = 200
/** How long a Sentinel that has heard nothing leaves a promoted replica alone, and a moment. */
const NOT_ALONE_MS = 4 * SENTINEL_PERIODS['publish-period'] + 1500

let group: RedisGroup
let lines: Lines
let stop: AbortController

beforeEach(async () => {
  stop = new AbortController()
  group = await RedisGroup.start()
  await group.setSentinelPeriods(SENTINEL_PERIODS['info-period'], SENTINEL_PERIODS['publish-period'])
  lines = new Lines({ ...TEST_USERS.admin, tls: null })
})
afterEach(async () => {
  stop.abort()
  lines.close()
  await group.stop()
})

async function viewOf({ ownAddress }: ServerProcess): Promise<NodeView> {
  const [info] = await lines.send(ownAddress, [['INFO', 'replication']], PATIENCE_MS)
  return readView(ownAddress, info)
}

/** Whether a Sentinel leads the failover: only that one has chosen whom to promote. */
async function leads({ ownAddress }: ServerProcess): Promise<boolean> {
  const [reply] = await lines.send(ownAddress, [['SENTINEL', 'REPLICAS', PRIMARY_NAME]], PATIENCE_MS)
  return readList(reply).some(isChosen)
}

async function announcementOf({ ownAddress }: ServerProcess) {
  return readAnnouncement(
    ownAddress,
    await lines.send(ownAddress, announcementQuestions(PRIMARY_NAME), PATIENCE_MS),
  )
}

/** The watchdogs of all hosts, or of all but one. */
function watch(but: ServerProcess | null = null): Promise<unknown> {
  const tell = (node: NodeAddress, command: string[]) => lines.send(node, [command], PATIENCE_MS)
  const options = {
    own: {
      redis: group.redis.filter((server) => server !== but).map(({ ownAddress }) => ownAddress),
      sentinels: group.sentinels.map(({ ownAddress }) => ownAddress),
    },
    views: () => inTime(group.redis.map(viewOf)),
    announcements: () => inTime(group.sentinels.map(announcementOf)),
    tellNode: tell,
    tellSentinel: tell,
    log: () => {},
  }
  return watchSuccession(options, stop.signal).catch(() => {})
}

/** Its role, or null: Sentinel closes the connections of a Redis whose role it changes. */
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

/** The primary hangs, and the leader of its failover stands still when it has promoted a replica. */
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

describe('a promoted replica, when the old primary is back and the leader stands still', () => {
  it('is made a replica again by the other Sentinels', async () => {
    const { old, promoted } = await promoteAndStandStill()
    old.resume()
    await expect.poll(() => roleOf(promoted), { timeout: 2 * NOT_ALONE_MS }).toBe('replica')
    expect(await roleOf(old)).toBe('primary')
  })

  // INV-AGENT-13.
  it('stays the primary where a watchdog has the old one follow it', async () => {
    const watching = watch()
    const { old, promoted } = await promoteAndStandStill()
    old.resume()
    const followed = () =>
      viewOf(old).then(
        ({ primaryAddress }) => primaryAddress,
        () => null,
      )
    await expect.poll(followed, { timeout: 2000, interval: 20 }).toBe(formatAddress(promoted.address))
    await sleep(NOT_ALONE_MS)
    expect(await roleOf(promoted)).toBe('primary')
    stop.abort()
    await watching
  })

  it('stays the primary under watchdogs, too, when the old one comes back so late that nobody would wait', async () => {
    const watching = watch(group.redis[0])
    const { old, promoted } = await promoteAndStandStill()
    expect(old).toBe(group.redis[0])
    await sleep(NOT_ALONE_MS)
    old.resume()
    await sleep(1500)
    expect([await roleOf(old), await roleOf(promoted)]).toEqual(['primary', 'primary'])
    stop.abort()
    await watching
  })
})
