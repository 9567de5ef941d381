import { RedisGroup, type ServerProcess } from '@holdfast/testing'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Deadline } from '../../src/deadline.ts'
import { formatAddress } from '../../src/redis/address.ts'
import { type GroupOptions, ReplicaGroup } from '../../src/redis/group.ts'
import { APP, errorOf, makeStore, openStore } from '../support.ts'

const FORGET_AFTER_MS = 1500
/** Until a change that the Sentinels know is known here: they hear of it within a second, and are asked at its event. */
const SOON = { timeout: 15_000, interval: 50 }

let servers: RedisGroup
beforeEach(async () => {
  servers = await RedisGroup.start()
})
afterEach(() => servers.stop())

async function openGroup(options: Partial<GroupOptions> = {}): Promise<ReplicaGroup> {
  const group = new ReplicaGroup({
    sentinels: servers.sentinels.map(({ address }) => address),
    primaryName: 'mymaster',
    dataCentre: 'dc1',
    clientName: 'holdfast-test',
    forgetAfterMs: FORGET_AFTER_MS,
    onFailover: () => {},
    ...APP,
    ...options,
  })
  onTestFinished(() => group.close())
  await group.waitForPrimary(new Deadline(5000))
  await expect.poll(() => group.nodes.length).toBe(3)
  await expect.poll(() => group.trustedSentinels.filter(({ isUp }) => isUp).length).toBe(3)
  return group
}

const addresses = (all: readonly { address: string }[]) => all.map(({ address }) => address).sort()
const addressesOf = (all: ServerProcess[]) => all.map(({ address }) => formatAddress(address)).sort()
const primaryName = 'mymaster'

describe('Sentinels', () => {
  test('one that is known to a single other is found, and counts for the majority', async () => {
    const [only] = servers.sentinels
    if (only === undefined) throw new Error('There is no Sentinel.')
    const group = await openGroup({ sentinels: [only.address] })
    expect(group.electingSentinels).toBe(2)
    const added = await servers.addSentinel()
    await expect.poll(() => addresses(group.sentinels), SOON).toContain(formatAddress(added.address))
    await expect.poll(() => group.electingSentinels, SOON).toBe(3)
    await expect.poll(() => group.sentinels.every(({ isUp }) => isUp), SOON).toBe(true)
  })

  // INV-TOKENS-33.
  test('one that was reset, and can be asked alone, is not a majority', async () => {
    const group = await openGroup()
    const [reset, ...hung] = servers.sentinels
    if (reset === undefined) throw new Error('There is no Sentinel.')
    for (const sentinel of hung) sentinel.pause()
    await servers.run(reset, 'SENTINEL', 'RESET', primaryName)
    await expect.poll(() => group.sentinels.filter(({ isUp }) => isUp).length, SOON).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 2 * FORGET_AFTER_MS))
    expect([group.allSentinels, group.electingSentinels, group.sentinelsToHear]).toEqual([3, 2, 2])
    for (const sentinel of hung) sentinel.resume()
  })

  test('a quorum below a majority raises how many must be heard: the others could elect a leader', async () => {
    const group = await openGroup()
    expect(group.sentinelsToHear).toBe(2)
    for (const sentinel of servers.sentinels)
      await servers.run(sentinel, 'SENTINEL', 'SET', primaryName, 'quorum', '1')
    await expect
      .poll(async () => {
        await Promise.all(group.sentinels.map((sentinel) => sentinel.ask()))
        return group.sentinelsToHear
      }, SOON)
      .toBe(3)
  })

  test('one that was replaced is forgotten, and its successor takes its place', async () => {
    const [first, ...others] = servers.sentinels
    const [other] = others
    if (first === undefined || other === undefined) throw new Error('There are no Sentinels.')
    // Only the others are named in the options, so the first one is found, and can be forgotten.
    const group = await openGroup({ sentinels: others.map(({ address }) => address) })
    expect(await servers.isKnown(first, other)).toBe(true)
    await servers.remove(first)
    expect(await servers.isKnown(first, other)).toBe(false)
    await servers.addSentinel()
    await expect.poll(() => addresses(group.sentinels), SOON).toEqual(addressesOf(servers.sentinels))
    expect(group.electingSentinels).toBe(2)
  })

  test('one that the options name and that is gone for good does not count', async () => {
    const group = await openGroup()
    const [first] = servers.sentinels
    if (first === undefined) throw new Error('There is no Sentinel.')
    await servers.remove(first)
    await servers.addSentinel()
    await expect.poll(() => group.trustedSentinels.filter(({ isUp }) => isUp).length, SOON).toBe(3)
    await expect.poll(() => group.electingSentinels, SOON).toBe(2)
  })
})

describe('replicas', () => {
  test('one that is added is a node like the others: writes are not complete before it has them', async () => {
    const group = await openGroup()
    expect([group.leastReplicas, group.plannedReplicas, group.readQuorum]).toEqual([1, 2, 2])
    await servers.addReplica()
    await expect.poll(() => addresses(group.nodes), SOON).toEqual(addressesOf(servers.redis))
    // With the primary three of four, so that two sides never both acknowledge.
    expect([group.leastReplicas, group.plannedReplicas, group.readQuorum]).toEqual([2, 3, 3])
  })

  test('one that is removed is waited for until no Sentinel knows it', async () => {
    const group = await openGroup()
    const store = await openStore(servers, {}, { forgetAfterMs: FORGET_AFTER_MS })
    const [gone] = await servers.replicas()
    if (gone === undefined) throw new Error('There is no replica.')
    await gone.kill()
    await expect.poll(() => group.nodes.filter(({ isUp }) => isUp).length, SOON).toBe(2)
    await store.issue({ subject: 'ann' })
    expect(store.status().journalEntries).toBe(1)
    expect(group.plannedReplicas).toBe(2)
    await servers.remove(gone)
    await expect.poll(() => addresses(group.nodes), SOON).toEqual(addressesOf(servers.redis))
    await expect.poll(() => store.status().nodes.length, SOON).toBe(2)
    await store.issue({ subject: 'ann' })
    expect(store.status().journalEntries).toBe(0)
  })

  // INV-TOKENS-32.
  test('none is forgotten while a Sentinel that knows it cannot be asked', async () => {
    const group = await openGroup()
    const [gone] = await servers.replicas()
    const [hung, ...others] = servers.sentinels
    if (gone === undefined || hung === undefined) throw new Error('There are none.')
    await gone.kill()
    hung.pause()
    for (const sentinel of others) await servers.run(sentinel, 'SENTINEL', 'RESET', primaryName)
    await expect.poll(() => group.sentinels.filter(({ isUp }) => isUp).length, SOON).toBe(2)
    await new Promise((resolve) => setTimeout(resolve, 2 * FORGET_AFTER_MS))
    expect(group.nodes.length).toBe(3)
    hung.resume()
  })
})

describe('another group', () => {
  let other: RedisGroup
  beforeEach(async () => {
    other = await RedisGroup.start({ mark: 'mark-of-another-group' })
  })
  afterEach(() => other.stop())

  const keysOf = async (group: RedisGroup) =>
    (await group.run(await group.primary(), 'KEYS', 'hf:{*')) as unknown[]

  test('a Sentinel of it is not believed, and everything goes on without', async () => {
    const [theirs] = other.sentinels
    const [one, two] = servers.sentinels
    if (theirs === undefined || one === undefined || two === undefined) throw new Error('There are none.')
    // A failover, so that its epoch is newer than any of this group.
    await other.run(theirs, 'SENTINEL', 'FAILOVER', primaryName)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await other.untilHealthy()
    const store = await openStore(servers, {
      sentinels: [theirs.address, one.address, two.address],
      groupMark: 'mark-of-the-test-group',
    })
    const { token } = await store.issue({ subject: 'ann' })
    expect(await store.verify(token)).toMatchObject({ status: 'active' })
    expect(store.status()).toMatchObject({
      primary: formatAddress((await servers.primary()).address),
      problem: null,
    })
    expect(addresses(store.status().nodes)).toEqual(addressesOf(servers.redis))
    expect(await keysOf(other)).toEqual([])
  })

  test('its primary is refused by its mark, in one sentence, and nothing is written there', async () => {
    const store = makeStore({
      sentinels: other.sentinels.map(({ address }) => address),
      groupMark: 'mark-of-the-test-group',
    })
    onTestFinished(() => store.close())
    const error = await errorOf(store.ready({ timeoutMs: 10_000 }))
    expect(error).toMatchObject({ code: 'WRONG_DATA_CENTRE' })
    expect(error.message).toMatch(
      /^The primary 127\.0\.0\.1:\d+ belongs to another group than this one\. Check `sentinels`\.$/,
    )
    await errorOf(store.issue({ subject: 'ann' }, { timeoutMs: 500 }))
    expect(await keysOf(other)).toEqual([])
  })

  test.each(['dc1:mark-of-the-test-group', undefined])(
    'of a data centre that its mark names: both are named, and nothing is written there (%s)',
    async (groupMark) => {
      await other.run(await other.primary(), 'SET', 'hf:mark', 'dc2:mark-of-another-group')
      const sentinels = other.sentinels.map(({ address }) => address)
      const store = makeStore({ sentinels, ...(groupMark && { groupMark }) })
      onTestFinished(() => store.close())
      const error = await errorOf(store.ready({ timeoutMs: 10_000 }))
      expect(error).toMatchObject({ code: 'WRONG_DATA_CENTRE' })
      expect(error.message).toMatch(
        /^The primary 127\.0\.0\.1:\d+ belongs to the data centre dc2, and this store is of dc1\. Check `sentinels`\.$/,
      )
      await errorOf(store.issue({ subject: 'ann' }, { timeoutMs: 500 }))
      expect(await keysOf(other)).toEqual([])
    },
  )

  // INV-TOKENS-31.
  test('a Redis of it at the address of the primary is refused by its mark', async () => {
    const store = await openStore(servers, { verifyTimeoutMs: 300 })
    const { token } = await store.issue({ subject: 'ann' })
    for (const sentinel of servers.sentinels) await sentinel.kill()
    const primary = await servers.primary()
    await primary.kill()
    // The same address, another data set: with its own mark.
    await primary.start(['--dbfilename', 'other.rdb', '--appendonly', 'no', '--min-replicas-to-write', '0'])
    await servers.run(primary, 'SET', 'hf:mark', 'mark-of-another-group')
    const error = await errorOf(store.issue({ subject: 'ben' }, { timeoutMs: 1500 }))
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(error.message).toContain('belongs to another group')
    expect((await store.verify(token)).status).not.toBe('inactive')
    expect(await servers.run(primary, 'KEYS', 'hf:{*')).toEqual([])
  })

  test('a primary without a mark says what to do', async () => {
    await other.run(await other.primary(), 'DEL', 'hf:mark')
    const store = makeStore({ sentinels: other.sentinels.map(({ address }) => address) })
    onTestFinished(() => store.close())
    const error = await errorOf(store.ready({ timeoutMs: 10_000 }))
    expect(error).toMatchObject({ code: 'INVALID_OPTION' })
    expect(error.message).toMatch(/does not carry a group's mark\. Run `SET hf:mark <any text>` on it once/)
  })
})
