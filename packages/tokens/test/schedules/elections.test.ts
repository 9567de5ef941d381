import type { ServerProcess } from '@holdfast/testing'
import { TEST_USERS } from '@holdfast/testing'
import { Connection } from '@holdfast/tokens/redis'
import { expect, it } from 'vitest'
import { type Lab, pause, until } from './lab.ts'
import { type Case, losses, MIN_LOGINS, REPAIRS, run } from './losses.ts'

/**
 * Elections that a process does not hear of, or that lead to a promotion much later than they were won. Each schedule runs
 * with all rules; with this rule alone and none of those that would repair the loss; and without it, where the loss must show.
 */

/** The Sentinel that is elected next, as soon as it says so. */
async function nextLeader(lab: Lab): Promise<ServerProcess> {
  const elected = Promise.withResolvers<ServerProcess>()
  const connections = await Promise.all(
    lab.group.sentinels.map(async (sentinel) => {
      const connection = await Connection.open({ address: sentinel.ownAddress, ...TEST_USERS.admin })
      await connection.subscribe(['+elected-leader'], () => elected.resolve(sentinel), 1000)
      return connection
    }),
  )
  const leader = await elected.promise
  for (const connection of connections) connection.close()
  return leader
}

/** A Sentinel that is reset knows no other, and is a majority by what it says itself. */
async function majorityOfOne(lab: Lab): Promise<void> {
  await lab.stockSentinels()
  await lab.prefer('b')
  lab.network.cut(['outside', 'a', 'c', 'sa'], ['b', 'sb', 'sc'])
  const [own] = lab.group.sentinels
  if (own !== undefined) await lab.group.run(own, 'SENTINEL', 'RESET', 'mymaster')
  await until('b is primary', () => lab.isPrimary('b'))
  await pause(4000)
}

/** The elected Sentinel stands still, is in TILT then, and goes on with its failover when everything else has forgotten it. */
async function promotesMuchLater(lab: Lab): Promise<void> {
  await lab.prefer('c')
  await lab.stockSentinels()
  for (const sentinel of lab.group.sentinels) {
    await lab.group.run(sentinel, 'SENTINEL', 'DEBUG', 'tilt-period', '9000')
  }
  const leading = nextLeader(lab)
  lab.redis('a').pause()
  const leader = await leading
  leader.pause()
  lab.redis('a').resume()
  await pause(2500)
  leader.resume()
  // Longer than an abandoned election would be waited for without the rule.
  await pause(3000)
  lab.network.cut(['a'], ['c'])
  await until('c is primary', () => lab.isPrimary('c'), 30_000)
  await pause(500)
}

/** `SENTINEL FAILOVER` at a Sentinel that the application cannot hear: there is no vote that others could announce. */
async function forcedOutOfSight(lab: Lab): Promise<void> {
  await lab.prefer('c')
  await lab.stockSentinels()
  lab.network.cut(['outside'], ['c', 'sc'])
  await pause(3000)
  const [, , unheard] = lab.group.sentinels
  if (unheard !== undefined) await lab.group.run(unheard, 'SENTINEL', 'FAILOVER', 'mymaster')
  await until('c is primary', () => lab.isPrimary('c'), 30_000)
  await pause(4000)
}

const cases: Record<string, Case> = {
  'a Sentinel that was reset is cut off with the old primary': {
    rule: 'voters',
    orElse: REPAIRS,
    schedule: majorityOfOne,
  },
  'an elected Sentinel stands still, and promotes a replica long after': {
    rule: 'pending-election',
    orElse: REPAIRS,
    schedule: promotesMuchLater,
    group: { failoverTimeoutMs: 1000 },
  },
  'a failover is forced at a Sentinel that the application cannot hear': {
    rule: 'forced-failover',
    orElse: REPAIRS,
    schedule: forcedOutOfSight,
  },
}

for (const [title, { rule, orElse, ...schedule }] of Object.entries(cases)) {
  // INV-TOKENS-16.
  it(`${title}: no acknowledged login is lost and no acknowledged logout undone; without the rule ${rule} some are`, {
    timeout: 240_000,
  }, async () => {
    const [kept, keptByRule, lostWithout] = await Promise.all([
      run(schedule, []),
      run(schedule, orElse),
      losses({ rule, orElse, ...schedule }),
    ])
    for (const { acknowledged, failures, lost, undone } of [kept, keptByRule]) {
      expect(acknowledged).toBeGreaterThan(MIN_LOGINS)
      expect(failures).toEqual([])
      expect(lost).toBe(0)
      expect(undone).toBe(0)
    }
    expect(lostWithout).toBeGreaterThan(0)
  })
}
