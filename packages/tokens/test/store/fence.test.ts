import { expect, test } from 'vitest'
import { errorOf, groupOfThisFile, openStore, pause, pauseUntilFinished } from '../support.ts'

// Nothing but the stores of this file may write: the primary's own pings travel to the replicas, too.
const group = groupOfThisFile({ redisConfig: 'repl-ping-replica-period 3600' })

test('a repetition that changes nothing is acknowledged by no replica; without the fence it would be', async () => {
  // A long lease: a beat is a write, and would do the fence's work.
  const open = (rulesOff: 'fence'[]) =>
    openStore(group(), { leaseMs: 60_000 }, { rulesOff: new Set(rulesOff) })
  const [store, without] = [await open([]), await open(['fence'])]
  await store.issue({ subject: 'ann' })
  await store.revokeSubject('ann')
  // They publish through the primary.
  await Promise.all(group().sentinels.map((sentinel) => sentinel.kill()))
  // A replica tells once a second how far it is.
  await pause(2000)
  pauseUntilFinished(await group().replicas())
  expect(await without.revokeSubject('ann', { timeoutMs: 500 })).toEqual({ revokedIds: [] })
  const error = await errorOf(store.revokeSubject('ann', { timeoutMs: 500 }))
  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
})
