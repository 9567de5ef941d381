import type { ServerProcess } from '@holdfast/testing'
import { describe, expect, it } from 'vitest'
import type { SafetyRule } from '../../src/safety-policy.ts'
import { Asker } from './asker.ts'
import { Lab, LEASE_MS, pause, until } from './lab.ts'

/** What counts as a replica, and what a process knows that starts while a part of the data centre is away. */

/**
 * How often an application says *active* later than L after a logout on the other side, when it is cut off with the old primary
 * and a replica that was attached by hand. No Sentinel would promote that one, so what it confirms proves nothing.
 * INV-TOKENS-17.
 */
async function staleAnswersBesideForeignReplica(rulesOff: SafetyRule[]): Promise<number> {
  const lab = await Lab.start()
  try {
    lab.addApplicationHost('cut-off')
    const cutOff = await lab.openStore({ host: 'cut-off', rulesOff })
    const other = await lab.openStore()
    const { token } = await other.issue({ subject: 'ann' })
    const asker = new Asker(cutOff, token)
    await lab.stockSentinels()
    const foreign = await lab.addForeignReplica('cut-off')
    await until('the replica is attached', () => isLinked(lab, foreign))
    await pause(300)
    lab.network.cut(['cut-off', 'a', 'sa'], ['outside', 'b', 'c', 'sb', 'sc'])
    await other.revoke(token, { timeoutMs: 30_000 })
    const revokedAtMs = performance.now()
    await pause(3 * LEASE_MS)
    await asker.stop()
    return asker.staleSince(revokedAtMs).length
  } finally {
    await lab.stop()
  }
}

async function isLinked(lab: Lab, replica: ServerProcess): Promise<boolean> {
  return String(await lab.group.run(replica, 'INFO', 'replication')).includes('master_link_status:up')
}

it('a replica that was attached by hand keeps no lease alive; without the rule members it would', {
  timeout: 120_000,
}, async () => {
  expect(await staleAnswersBesideForeignReplica([])).toBe(0)
  let without = 0
  // Its Sentinel may find the replica sooner.
  for (let tries = 0; tries < 4 && without === 0; tries++) {
    without = await staleAnswersBesideForeignReplica(['members'])
  }
  expect(without).toBeGreaterThan(0)
})

/** Two Sentinels vote for the third, which never goes on: what is left of an election whose leader has died. */
async function abandonElection(lab: Lab): Promise<void> {
  const leaderId = 'c'.repeat(40)
  const { host, port } = lab.redis('a').address
  for (const voter of lab.group.sentinels.slice(0, 2)) {
    const vote = ['SENTINEL', 'IS-MASTER-DOWN-BY-ADDR', host, String(port), '100', leaderId]
    expect(String(await lab.group.run(voter, ...vote))).toContain(leaderId)
  }
}

async function loseHostC(lab: Lab): Promise<void> {
  await Promise.all([lab.redis('c').kill(), lab.group.sentinels[2]?.kill()])
}

// INV-TOKENS-15.
describe('an election that was abandoned', () => {
  it.concurrent('is over when no Sentinel leads a failover, also for a process that starts when one is gone', {
    timeout: 60_000,
  }, async () => {
    const lab = await Lab.start()
    try {
      const store = await lab.openStore()
      await abandonElection(lab)
      await until('it is kept that the election is over', async () => {
        return (await lab.group.run(lab.redis('a'), 'EXISTS', 'hf:ended-elections')) === 1
      })
      await loseHostC(lab)
      await store.issue({ subject: 'ann' }, { timeoutMs: 5000 })
      const fresh = await lab.openStore()
      const { token } = await fresh.issue({ subject: 'ann' }, { timeoutMs: 8000 })
      expect(await fresh.verify(token)).toMatchObject({ status: 'active' })
    } finally {
      await lab.stop()
    }
  })

  it.concurrent('is waited for while one Sentinel cannot be asked, and the error says so', {
    timeout: 60_000,
  }, async () => {
    const lab = await Lab.start()
    try {
      const store = await lab.openStore()
      await store.issue({ subject: 'ann' })
      await loseHostC(lab)
      await abandonElection(lab)
      const fresh = lab.openStoreAtOnce()
      await pause(4000)
      const attempts = [store, fresh].map((one) =>
        one.issue({ subject: 'ann' }, { timeoutMs: 4000 }).catch((error: Error) => error.message),
      )
      for (const message of await Promise.all(attempts)) {
        expect(message).toContain('An election of epoch 100 has not ended')
      }
    } finally {
      await lab.stop()
    }
  })
})

it.concurrent('a process that starts while a host is away logs users in as soon as it has read the epochs of the other Sentinels', {
  timeout: 60_000,
}, async () => {
  const lab = await Lab.start()
  try {
    await lab.group.setSentinelPeriods(10_000, 1000)
    await lab.redis('c').kill()
    await lab.group.sentinels[2]?.kill()
    const store = await lab.openStore()
    const { token } = await store.issue({ subject: 'ann' }, { timeoutMs: 5000 })
    expect(await store.verify(token)).toMatchObject({ status: 'active' })
  } finally {
    await lab.stop()
  }
})
