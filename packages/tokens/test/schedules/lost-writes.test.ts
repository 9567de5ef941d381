import { expect, it } from 'vitest'
import type { SafetyRule } from '../../src/store/rules.ts'
import { Lab, pause, Users, until, WRITE_RULES } from './lab.ts'

/**
 * The ways in which Redis and Sentinel lose acknowledged writes (FACTS, section 1), on real processes. Each
 * runs twice: with all rules, and with the rules out that stand between it and the loss, to see that the
 * schedule does what it says.
 */

/** Lets users log in and out, runs the schedule, heals everything, and counts what is lost and what is undone. */
async function run(schedule: (lab: Lab) => Promise<void>, rulesOff: SafetyRule[]) {
  const lab = await Lab.start()
  try {
    const users = new Users(await lab.openStore({ rulesOff }))
    await pause(500)
    await schedule(lab)
    lab.network.heal()
    await lab.group.setSentinelPeriods(500, 250)
    await lab.group.waitUntilWhole()
    await pause(500)
    await users.stop()
    const { loggedIn, loggedOut, failures } = users
    const lost = loggedIn.size - (await lab.countLive(loggedIn))
    return { acknowledged: loggedIn.size, failures, lost, undone: await lab.countLive(loggedOut) }
  } finally {
    await lab.stop()
  }
}

/** What is lost without the rules. The window of some schedules is short: up to three tries to meet it. */
async function losses(schedule: (lab: Lab) => Promise<void>): Promise<number> {
  for (let tries = 0; tries < 3; tries++) {
    const { lost, undone } = await run(schedule, WRITE_RULES)
    if (lost + undone > 0) return lost + undone
  }
  return 0
}

/** Fewer would prove nothing. */
const LEAST_LOGINS = 20

const schedules: Record<string, (lab: Lab) => Promise<void>> = {
  'A: the primary hangs, another is promoted, the first resumes before its replica is re-pointed': async (
    lab,
  ) => {
    await lab.prefer('b')
    await lab.stockSentinels()
    lab.network.cut(['outside'], ['b'])
    lab.redis('a').pause()
    await until('b is primary', () => lab.isPrimary('b'))
    lab.redis('a').resume()
    await pause(3000)
  },
  "A': a script keeps the primary busy for longer than down-after": async (lab) => {
    await lab.prefer('b')
    await lab.stockSentinels()
    lab.network.cut(['outside'], ['b'])
    const script =
      "local t = redis.call('TIME') local e = t[1] * 1000 + t[2] / 1000 + 2400 repeat t = redis.call('TIME') until t[1] * 1000 + t[2] / 1000 > e"
    await lab.group.run(lab.redis('a'), 'EVAL', script, '0')
    await pause(3000)
  },
  'B: the primary, one replica, one Sentinel and the application are cut from the rest': async (lab) => {
    await lab.stockSentinels()
    lab.network.cut(['outside', 'a', 'c', 'sa'], ['b', 'sb', 'sc'])
    await until('b is primary', () => lab.isPrimary('b'))
    await pause(3000)
  },
  'C: only one replica kept up, the primary dies, and the other replica is elected': async (lab) => {
    await lab.prefer('c')
    await lab.stockSentinels()
    lab.network.delay('a', 'c', 800)
    await pause(3000)
    await lab.redis('a').kill()
    lab.redis('b').pause()
    await until('c is primary', () => lab.isPrimary('c'))
    lab.redis('b').resume()
    await lab.redis('a').start()
  },
  // The application cannot reach b, else it would notice the promotion sooner than the old primary's other
  // replica is re-pointed, in most runs.
  'F: a failover by plain SENTINEL FAILOVER, seen late by the application': async (lab) => {
    await lab.prefer('b')
    await lab.stockSentinels()
    lab.network.cut(['outside'], ['b'])
    const [sentinel] = lab.group.sentinels
    if (sentinel !== undefined) await lab.group.run(sentinel, 'SENTINEL', 'FAILOVER', 'mymaster')
    await until('b is primary', () => lab.isPrimary('b'), 30_000)
    await pause(3000)
  },
}

for (const [title, schedule] of Object.entries(schedules)) {
  it(`${title}: loses no acknowledged login and undoes no log-out, and would without the rules`, {
    timeout: 120_000,
  }, async () => {
    const [kept, lostWithout] = await Promise.all([run(schedule, []), losses(schedule)])
    expect(kept.acknowledged).toBeGreaterThan(LEAST_LOGINS)
    expect(kept.failures).toEqual([])
    expect(kept.lost).toBe(0)
    expect(kept.undone).toBe(0)
    expect(lostWithout).toBeGreaterThan(0)
  })
}
