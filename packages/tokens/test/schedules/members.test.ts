import type { ServerProcess } from '@holdfast/testing'
import { expect, it } from 'vitest'
import type { SafetyRule } from '../../src/store/rules.ts'
import { Asker } from './asker.ts'
import { Lab, LEASE_MS, pause, until } from './lab.ts'

/** What counts as a replica, and what a process knows that starts while a part of the data centre is away. */

/**
 * How often an application says *active* later than L after a logout on the other side, when it is cut off with the old primary
 * and a replica that was attached by hand. No Sentinel would promote that one, so what it confirms proves nothing.
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
  timeout: 60_000,
}, async () => {
  const [kept, without] = await Promise.all([
    staleAnswersBesideForeignReplica([]),
    staleAnswersBesideForeignReplica(['members']),
  ])
  expect(kept).toBe(0)
  expect(without).toBeGreaterThan(0)
})

it('a process that starts while a host is away logs users in as soon as it has read the epochs of the other Sentinels', {
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
