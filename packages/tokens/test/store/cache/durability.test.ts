import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import type { TokenStore } from '@holdfast/tokens'
import { beforeEach, describe, expect, test } from 'vitest'
import { Deadline } from '../../../src/deadline.ts'
import type { ReplicaGroup } from '../../../src/redis/group.ts'
import { withoutRules } from '../../../src/safety-policy.ts'
import { TombstoneDurability } from '../../../src/store/cache/durability.ts'
import { NearCache } from '../../../src/store/cache/near-cache.ts'
import type { EpochBarrier } from '../../../src/store/commit/barrier.ts'
import { errorOf, openStore, pause, pauseUntilFinished } from '../../support.ts'

const group = groupOfThisFile()
beforeEach(() => group().untilHealthy())

const leaseOf = (store: TokenStore) => store.status().leaseRemainingMs

// INV-TOKENS-45.
test('a log-out that only the primary knows is not told as done: a failover would undo it', async () => {
  // A long lease, so that what the primary says alone goes on counting.
  const open = (rulesOff: 'settle'[]) =>
    openStore(group(), { leaseMs: 10_000 }, { rules: withoutRules(rulesOff) })
  const [store, other, without] = [await openStore(group()), await open([]), await open(['settle'])]
  await expect.poll(() => Math.min(...[other, without].map(leaseOf)), { timeout: 5000 }).toBeGreaterThan(0)
  const { token } = await store.issue({ subject: 'ann' })
  for (const reader of [other, without]) {
    expect(await reader.verify(token)).toMatchObject({ status: 'active' })
  }
  const replicas = await group().replicas()
  pauseUntilFinished(replicas)
  const revoking = errorOf(store.revoke(token, { timeoutMs: 2500 }))
  await expect
    .poll(() => other.verify(token, { timeoutMs: 200 }), { timeout: 4000 })
    .toMatchObject({ status: 'unavailable', cause: expect.stringContaining('The session is being ended') })
  expect(await without.verify(token, { timeoutMs: 200 })).toMatchObject({ status: 'inactive' })
  expect(await revoking).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  for (const replica of replicas) replica.resume()
  await expect
    .poll(() => other.verify(token), { timeout: 5000 })
    .toMatchObject({ status: 'inactive', reason: 'revoked' })
})

test('a logout that another process reported as acknowledged is answered with only one node left', async () => {
  const [store, other] = [await openStore(group()), await openStore(group())]
  await expect.poll(() => leaseOf(other), { timeout: 5000 }).toBeGreaterThan(0)
  const { token } = await store.issue({ subject: 'ann' })
  expect(await other.verify(token)).toMatchObject({ status: 'active' })
  // With one replica silent no beat settles anything, and a look finds two nodes of three at the most.
  const [replica] = await group().replicas()
  if (replica === undefined) throw new Error('There is no replica.')
  pauseUntilFinished([replica])
  await store.revoke(token, { timeoutMs: 25_000 })
  await pause(50)
  pauseUntilFinished([await group().primary()])
  expect(await other.verify(token, { timeoutMs: 300 })).toMatchObject({
    status: 'inactive',
    reason: 'revoked',
  })
}, 40_000)

test('a logout that this process received is answered with every node gone', async () => {
  const [store, other] = [await openStore(group()), await openStore(group())]
  // From then on it hears everything.
  await expect.poll(() => leaseOf(other), { timeout: 5000 }).toBeGreaterThan(0)
  const { token } = await store.issue({ subject: 'ann' })
  expect(await other.verify(token)).toMatchObject({ status: 'active' })
  await store.revoke(token)
  await pause(3000)
  pauseUntilFinished(group().redis)
  expect(await other.verify(token, { timeoutMs: 100 })).toMatchObject({
    status: 'inactive',
    reason: 'revoked',
  })
})

test('a logout that both replicas have is answered while the primary hangs', async () => {
  const [store, fresh] = [await openStore(group()), await openStore(group())]
  const { token } = await store.issue({ subject: 'ann' })
  await store.revoke(token)
  pauseUntilFinished([await group().primary()])
  expect(await fresh.verify(token)).toMatchObject({ status: 'inactive', reason: 'revoked' })
})

test('a process that has just started knows an old logout while a host hangs', async () => {
  const store = await openStore(group())
  const revoked = await Promise.all([1, 2, 3, 4, 5].map(() => store.issue({ subject: 'ann' })))
  await Promise.all(revoked.map(({ token }) => store.revoke(token)))
  const fresh = await openStore(group())
  // The lease starts with a confirmed heartbeat.
  await expect.poll(() => leaseOf(fresh), { timeout: 5000 }).toBeGreaterThan(0)
  const [replica] = await group().replicas()
  const [sentinel] = group().sentinels
  if (replica === undefined || sentinel === undefined) throw new Error('There is no replica.')
  pauseUntilFinished([replica, sentinel])
  const [first] = revoked
  expect(await fresh.revoke(first?.token ?? '', { timeoutMs: 900 })).toMatchObject({ revoked: false })
  for (const { token } of revoked) {
    expect(await fresh.verify(token)).toMatchObject({ status: 'inactive', reason: 'revoked' })
  }
})

describe('a tombstone on the primary that was not received in a generation of the feed', () => {
  function setUp({ held }: { held: number | null }) {
    const cache = new NearCache({ maxEntries: 10, currentGeneration: () => null, needsDurable: true })
    const group = { nodes: [], primaryAddress: null, term: 1 } as unknown as ReplicaGroup
    const durability = new TombstoneDurability(group, {
      barrier: {} as EpochBarrier,
      cache,
      holdsTombstone: never,
      heldInFeedOrder: async () => held,
    })
    cache.noteSeen('key', { state: 'revoked', expiresAtMs: 1 }, null)
    const isDurable = () => durability.waitUntilDurable('key', new Deadline(5))
    return { durability, isDurable }
  }

  test('is durable if every replica has confirmed a heartbeat of that generation', async () => {
    const { durability, isDurable } = setUp({ held: 2 })
    expect(await isDurable()).toBe(false)
    durability.noteConfirmed(10, 1)
    expect(await isDurable()).toBe(false)
    durability.noteConfirmed(20, 2)
    expect(await isDurable()).toBe(true)
  })

  test('is not known to be durable if the primary does not hold it', async () => {
    const { durability, isDurable } = setUp({ held: null })
    durability.noteConfirmed(20, 2)
    expect(await isDurable()).toBe(false)
  })

  test('is not durable if it was received after that heartbeat', async () => {
    const { durability, isDurable } = setUp({ held: 2 })
    durability.noteConfirmed(20, 2)
    durability.noteHeard('key', 30, 2)
    expect(await isDurable()).toBe(false)
  })

  test('is not known to be durable if more tombstones were received after it than are kept', async () => {
    const { durability, isDurable } = setUp({ held: 2 })
    durability.noteConfirmed(20, 2)
    for (let index = 0; index <= 10_000; index++) durability.noteHeard(`other ${index}`, 30, 2)
    expect(await isDurable()).toBe(false)
    durability.noteConfirmed(40, 2)
    expect(await isDurable()).toBe(true)
  })
})

test('a beat settles what was heard before it was sent, in its own generation of the feed', () => {
  const cache = new NearCache({ maxEntries: 10, currentGeneration: () => null, needsDurable: true })
  const durability = new TombstoneDurability({} as ReplicaGroup, {
    barrier: {} as EpochBarrier,
    cache,
    holdsTombstone: never,
    heldInFeedOrder: never,
  })
  const heard = (heardAtMs: number, generation: number) => {
    const key = `${heardAtMs} in ${generation}`
    cache.noteSeen(key, { state: 'revoked', expiresAtMs: 1 }, generation)
    durability.noteHeard(key, heardAtMs, generation)
    return key
  }
  const [before, after, later, earlier] = [heard(10, 2), heard(30, 2), heard(10, 3), heard(10, 1)]
  durability.noteConfirmed(20, 2)
  expect([before, after, later, earlier].map((key) => cache.isDurable(key))).toEqual([
    true,
    false,
    false,
    false,
  ])
  durability.noteConfirmed(40, 2)
  expect(cache.isDurable(after)).toBe(true)
  durability.noteConfirmed(50, 3)
  expect([later, earlier].map((key) => cache.isDurable(key))).toEqual([true, false])
})

const never = () => Promise.reject(new Error('No node is asked.'))
