import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { errorOf, openStore, pauseUntilFinished } from '../../support.ts'

const group = groupOfThisFile()

beforeAll(async () => {
  await group().untilHealthy()
})
afterAll(async () => {
  await Promise.all(group().sentinels.map((sentinel) => sentinel.start()))
})

test('with every Sentinel gone and every Redis well, all goes on; with a replica missing too, writes wait', async () => {
  const store = await openStore(group())
  await Promise.all(group().sentinels.map((sentinel) => sentinel.kill()))
  await expect.poll(() => store.status().sentinels.some(({ up }) => up)).toBe(false)

  const { token } = await store.issue({ subject: 'ann' })
  expect(await store.verify(token)).toMatchObject({ status: 'active' })
  await store.touch(token)
  await store.revoke(token)
  expect(await store.verify(token)).toMatchObject({ status: 'inactive', reason: 'revoked' })
  expect(store.status()).toMatchObject({ writable: true, readable: true, journalEntries: 0 })

  // Nobody can say now that no failover is under way: the missing replica might be promoted.
  const { token: kept } = await store.issue({ subject: 'ben' })
  const [replica] = await group().replicas()
  if (replica === undefined) throw new Error('There is no replica.')
  pauseUntilFinished([replica])
  const error = await errorOf(store.issue({ subject: 'cleo' }, { timeoutMs: 1500 }))
  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(error.message).toContain('A replica is missing and a failover may be under way.')
  expect(await store.verify(kept)).toMatchObject({ status: 'active' })
})
