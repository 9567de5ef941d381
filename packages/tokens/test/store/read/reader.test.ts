import type { ServerProcess } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { within } from '@holdfast/testing/within'
import type { IssuedToken, TokenStore } from '@holdfast/tokens'
import { beforeEach, expect, test } from 'vitest'
import { formatAddress } from '../../../src/redis/address.ts'
import { errorOf, openStore, openStoreWithout, pause, pauseUntilFinished, timed } from '../../support.ts'

const group = groupOfThisFile()

beforeEach(() => group().untilHealthy())

/** Sessions that were issued before the store was opened, so that it can know them from Redis only. */
async function sessionsUnknownTo(
  open: () => Promise<TokenStore>,
  count = 1,
): Promise<{ store: TokenStore; issued: IssuedToken[] }> {
  const issuer = await openStore(group())
  const issued = await Promise.all(Array.from({ length: count }, () => issuer.issue({ subject: 'ada' })))
  await issuer.close()
  await untilOnDisk()
  return { store: await open(), issued }
}

async function servers(): Promise<{ primary: ServerProcess; replicas: ServerProcess[] }> {
  const primary = await group().primary()
  return { primary, replicas: group().redis.filter((server) => server !== primary) }
}

/**
 * With `appendfsync everysec`, Redis holds its log back in memory while the disk is slow; and after a full
 * synchronisation it keeps the old log until the new one is written. A kill would lose what is not on disk.
 */
async function untilOnDisk(): Promise<void> {
  const infos = () => Promise.all(group().redis.map((server) => group().run(server, 'INFO', 'persistence')))
  const onDisk = async () =>
    (await infos()).every(
      (info) =>
        /^aof_buffer_length:0/m.test(String(info)) &&
        /^aof_rewrite_in_progress:0/m.test(String(info)) &&
        /^aof_rewrite_scheduled:0/m.test(String(info)),
    )
  await expect.poll(onDisk, { timeout: 10_000 }).toBe(true)
}

async function untilConnected(store: TokenStore, to: ServerProcess[]): Promise<void> {
  const addresses = to.map(({ address }) => formatAddress(address))
  const nodes = () => store.status().nodes.filter(({ address, up }) => up && addresses.includes(address))
  await expect.poll(() => nodes().length, { interval: 10 }).toBe(to.length)
}

test('while the primary hangs, the other two nodes answer', async () => {
  const { store, issued } = await sessionsUnknownTo(() => openStore(group()), 6)
  const { primary } = await servers()
  pauseUntilFinished([primary])
  for (const { token } of issued) {
    expect(await store.verify(token)).toMatchObject({ status: 'active' })
  }
})

// INV-TOKENS-44.
test('with two of three nodes gone nothing is known: unavailable at the deadline, never inactive', async () => {
  const { store, issued } = await sessionsUnknownTo(() => openStore(group()), 3)
  const [first, second, third] = issued
  const { primary, replicas } = await servers()
  const [one] = replicas
  if (!first || !second || !third || !one) throw new Error('three were issued')
  await store.revoke(third.token)
  pauseUntilFinished([primary, one])
  // Until then the primary might still be believed alone; it says nothing, though.
  const known = await timed(() => within(store.verify(first.token, { timeoutMs: 600 })))
  expect(known.value).toMatchObject({ status: 'unavailable', id: first.id })
  expect(known.ms).toBeGreaterThanOrEqual(590)
  expect(await errorOf(store.touch(second.token, { timeoutMs: 300 }))).toMatchObject({
    code: 'STORE_UNAVAILABLE',
  })
  expect(await errorOf(store.list('ada', { timeoutMs: 300 }))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(await store.verify(third.token)).toMatchObject({ status: 'inactive', reason: 'revoked' })
  primary.resume()
  one.resume()
  await expect.poll(() => store.verify(second.token), { timeout: 5000 }).toMatchObject({ status: 'active' })
})

// INV-TOKENS-56.
test('a node that closes its connections is asked again, also while another node hangs', async () => {
  const { store, issued } = await sessionsUnknownTo(() => openStore(group()), 200)
  const { primary, replicas } = await servers()
  const [one] = replicas
  if (one === undefined) throw new Error('no replica')
  pauseUntilFinished([primary])
  let isOver = false
  const closing = (async () => {
    // As a promotion does: REPLICAOF NO ONE with CLIENT KILL TYPE normal.
    while (!isOver) {
      await group().run(one, 'CLIENT', 'KILL', 'TYPE', 'normal')
      await pause(100)
    }
  })()
  const outcomes: string[] = []
  for (const { token } of issued) {
    outcomes.push((await store.verify(token)).status)
  }
  isOver = true
  await closing
  expect(new Set(outcomes)).toEqual(new Set(['active']))
})

test('with two of three nodes killed verifications are unavailable, no user is logged out, and the third node is not asked again and again', async () => {
  const { store, issued } = await sessionsUnknownTo(() => openStore(group()), 200)
  const [session] = issued
  const { primary, replicas } = await servers()
  const [one, other] = replicas
  if (session === undefined || one === undefined || other === undefined) throw new Error('no session')
  await Promise.all([primary.kill(), one.kill()])
  const value = await store.verify(session.token, { timeoutMs: 300 })
  expect(value).toMatchObject({ status: 'unavailable' })
  if (value.status === 'unavailable') expect(value.cause).toMatch(/127\.0\.0\.1:\d+/)
  const questions = async () =>
    Number(
      /^cmdstat_get:calls=(\d+)/m.exec(String(await group().run(other, 'INFO', 'commandstats')))?.[1] ?? 0,
    )
  const before = await questions()
  const answers = await Promise.all(issued.map(({ token }) => store.verify(token, { timeoutMs: 600 })))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['unavailable']))
  expect((await questions()) - before).toBeLessThan(issued.length)
  await Promise.all([primary.start(), one.start()])
  await expect
    .poll(() => store.verify(session.token), { timeout: 10_000 })
    .toMatchObject({ status: 'active' })
})

test('while the primary is killed and started again, every verification says active', async () => {
  const { store, issued } = await sessionsUnknownTo(() => openStore(group()), 4)
  const { primary } = await servers()
  let stopped = false
  const outcomes: string[] = []
  const verifying = issued.map(async ({ token }) => {
    while (!stopped) {
      outcomes.push((await store.verify(token)).status)
      await pause(5)
    }
  })
  await pause(100)
  await primary.kill()
  await primary.start()
  await pause(800)
  stopped = true
  await Promise.all(verifying)
  expect(new Set(outcomes)).toEqual(new Set(['active']))
  expect(outcomes.length).toBeGreaterThan(100)
})

test('after all three Redis were killed and started again, every session is still there', async () => {
  const { store, issued } = await sessionsUnknownTo(() => openStore(group()), 5)
  await Promise.all(group().redis.map((server) => server.kill()))
  await Promise.all(group().redis.map((server) => server.start()))
  await group().untilHealthy()
  for (const { token } of issued) {
    await expect.poll(() => store.verify(token), { timeout: 5000 }).toMatchObject({ status: 'active' })
  }
  const listed = (await store.list('ada')).map(({ id }) => id)
  expect(listed).toEqual(expect.arrayContaining(issued.map(({ id }) => id)))
})

test('replicas that come back empty do not make a token unknown; without the mark they would', async () => {
  const { store, issued } = await sessionsUnknownTo(() => openStore(group()))
  const without = await openStoreWithout(group(), ['mark'])
  const [session] = issued
  const { primary, replicas } = await servers()
  if (session === undefined) throw new Error('no session')
  await Promise.all(replicas.map((replica) => replica.kill()))
  pauseUntilFinished([primary])
  const empty = ['--appendonly', 'no', '--dbfilename', 'empty.rdb']
  await Promise.all(replicas.map((replica) => replica.start(empty)))
  await Promise.all([untilConnected(store, replicas), untilConnected(without, replicas)])
  const [kept, unmarked] = await Promise.all([
    store.verify(session.token, { timeoutMs: 200 }),
    without.verify(session.token, { timeoutMs: 200 }),
  ])
  expect(kept).toMatchObject({ status: 'unavailable' })
  expect(unmarked).toMatchObject({ status: 'inactive', reason: 'unknown' })
  primary.resume()
  await group().untilHealthy()
  await expect.poll(() => store.verify(session.token), { timeout: 5000 }).toMatchObject({ status: 'active' })
})
