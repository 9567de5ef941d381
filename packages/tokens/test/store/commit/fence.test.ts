import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { expect, test } from 'vitest'
import { type SafetyRule, withoutRules } from '../../../src/safety-policy.ts'
import { errorOf, openStore, pause, pauseUntilFinished } from '../../support.ts'

// Nothing but the stores of this file may write: the primary's own pings travel to the replicas, too.
const group = groupOfThisFile({ redisConfig: 'repl-ping-replica-period 3600' })

// INV-TOKENS-12.
test('a store is not ready while no replica confirms; without the fence it would call itself so', async () => {
  // A long lease: a beat is a message, and would do the fence's work.
  // The question which replicas have confirmed does, too, in Redis 7.0: WAIT then speaks of what it found.
  const open = (rulesOff: SafetyRule[]) =>
    openStore(group(), { leaseMs: 60_000 }, { rules: withoutRules(rulesOff) })
  const [store, without] = [await open([]), await open(['fence', 'members'])]
  // They publish through the primary.
  await Promise.all(group().sentinels.map((sentinel) => sentinel.kill()))
  // A replica tells once a second how far it is.
  await pause(2000)
  pauseUntilFinished(await group().replicas())
  expect(await without.ready({ timeoutMs: 500 })).toBeUndefined()
  expect(await errorOf(store.ready({ timeoutMs: 500 }))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
})
