import { TEST_USERS } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { within } from '@holdfast/testing/within'
import { type Active, type CommitOutcome, type TokenStore, tokenKey } from '@holdfast/tokens'
import { describe, expect, onTestFinished, test } from 'vitest'
import { decodeRecord, encodeRecord } from '../../../src/record/codec.ts'
import { Connection } from '../../../src/redis/connection.ts'
import { dataCentreTag, generateToken } from '../../../src/token/format.ts'
import { errorOf, makeStore, openStore, pause, printed, timed } from '../../support.ts'
import { testStore } from './contract.ts'

const group = groupOfThisFile()

testStore(async (options) => {
  const store = makeStore({ sentinels: group().sentinels.map(({ address }) => address), ...options })
  await store.ready({ timeoutMs: 20_000 })
  return store
})

describe('two stores', () => {
  test('share every session, and what one does the other sees', async () => {
    const [one, two] = [await openStore(group()), await openStore(group())]
    const { token, id } = await one.issue({ subject: 'bob', claims: { n: 1 } })
    expect(await two.verify(token)).toMatchObject({ status: 'active', claims: { n: 1 } })
    await two.update(token, () => ({ n: 2 }))
    await expect.poll(() => one.verify(token)).toMatchObject({ claims: { n: 2 } })
    await one.revoke(token)
    await expect.poll(() => two.verify(token)).toEqual({ status: 'inactive', reason: 'revoked', id })
    expect(await two.list('bob')).toEqual([])
  })

  test('never lose an update of one session to each other, and every one of 30 at once succeeds', async () => {
    let retried = 0
    const observer = {
      committed: (outcome: CommitOutcome, writes: number) => {
        if (outcome === 'retried') retried += writes
      },
    }
    const one = await openStore(group(), { observer })
    const stores = [one, await openStore(group(), { observer }), await openStore(group(), { observer })]
    const { token } = await one.issue({ subject: 'carol', claims: { count: 0 } })
    const increment = (store: TokenStore) =>
      store.update(token, ({ count }) => ({ count: Number(count) + 1 }))
    const updated = await Promise.all(
      Array.from({ length: 10 }).flatMap(() => stores.map((store) => increment(store))),
    )
    expect(updated.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 'active'))
    const count = async () => Number(((await one.verify(token)) as Active).claims['count'])
    // One whose outcome was not known at first may have been made, and be made again.
    await expect.poll(count).toBeGreaterThanOrEqual(30)
    await expect.poll(count).toBeLessThanOrEqual(30 + retried)
  })

  // INV-TOKENS-58.
  test('lose no update to a rotation in another process', async () => {
    const [one, two] = [await openStore(group()), await openStore(group())]
    const rounds = Array.from({ length: 40 }, async () => {
      const { token } = await one.issue({ subject: 'dan', claims: { count: 0 } })
      const [updated, rotated] = await Promise.all([
        two.update(token, ({ count }) => ({ count: Number(count) + 1 })),
        one.rotate(token),
      ])
      // An update that comes after the rotation is refused, because the old token has ended.
      return { made: updated.status === 'active' ? 1 : 0, rotated }
    })
    for (const { made, rotated } of await Promise.all(rounds)) {
      expect(rotated).toMatchObject({ status: 'active', claims: { count: made } })
    }
  })

  test('let a logout win against the updates that wait', async () => {
    const [one, two] = [await openStore(group()), await openStore(group())]
    const { token, id } = await one.issue({ subject: 'carol', claims: { count: 0 } })
    const updates = Array.from({ length: 10 }, () =>
      one.update(token, ({ count }) => ({ count: Number(count) + 1 })),
    )
    await updates[0]
    await two.revoke(token)
    const revoked = { status: 'inactive', reason: 'revoked', id }
    expect((await Promise.all(updates)).at(-1)).toEqual(revoked)
    expect(await one.verify(token)).toEqual(revoked)
  })

  test('of two data centres on the same Redis cannot end each other’s sessions', async () => {
    const [one, two] = [await openStore(group()), await openStore(group(), { dataCentre: 'dc2' })]
    const { token } = await two.issue({ subject: 'dora' })
    expect(await one.revoke(token)).toMatchObject({ revoked: false })
    expect(await two.verify(token)).toMatchObject({ status: 'active' })
  })
})

test('soon after a failover, a log-out of a session that the primary lacks leaves its tombstone there', async () => {
  const [store, fresh] = [await openStore(group()), await openStore(group())]
  const { token } = await store.issue({ subject: 'eve' })
  const key = tokenKey(token) ?? ''
  const primary = await group().primary()
  await group().run(primary, 'DEL', key)
  const unknowing = await openStore(group())
  expect(await unknowing.revoke(token)).toMatchObject({ revoked: false })
  // Whoever writes the session again now finds that it has ended.
  expect(String(await group().run(primary, 'GET', key))).toMatch(/^1R/)
  await fresh.touch(token)
  expect(await fresh.verify(token)).toMatchObject({ status: 'inactive', reason: 'revoked' })
})

test('a malformed or mistyped token is refused without Redis; any other is unavailable', async () => {
  const store = makeStore({ verifyTimeoutMs: 200 })
  onTestFinished(() => store.close())
  const token = generateToken(dataCentreTag('dc1'), '000')
  const mistyped = token.slice(0, 20) + (token[20] === 'a' ? 'b' : 'a') + token.slice(21)
  for (const text of ['', 'nonsense', mistyped, token.slice(0, -1)]) {
    expect(await store.verify(text)).toEqual({ status: 'inactive', reason: 'malformed' })
  }
  const { ms, value } = await timed(() => within(store.verify(token)))
  expect(value).toMatchObject({ status: 'unavailable', id: expect.stringMatching(/^[0-9a-f]{16}$/) })
  expect(value).toMatchObject({ cause: expect.stringContaining('127.0.40.99:9') })
  expect(ms).toBeGreaterThanOrEqual(190)
  expect(printed(value)).not.toContain(token)
})

test('an aborted signal ends a call long before its time-out', async () => {
  const store = makeStore()
  onTestFinished(() => store.close())
  const signal = () => AbortSignal.timeout(50)
  const [verified, issued] = await Promise.all([
    within(store.verify(generateToken(dataCentreTag('dc1'), '000'), { timeoutMs: 60_000, signal: signal() })),
    within(errorOf(store.issue({ subject: 'ada' }, { timeoutMs: 60_000, signal: signal() }))),
  ])
  expect(verified).toMatchObject({ status: 'unavailable' })
  expect(issued).toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

test('the end of an idle session is never told from memory: another server may just have touched it', async () => {
  const store = await openStore(group())
  const { token } = await store.issue({ subject: 'eve', idleMs: 300 })
  expect(await store.verify(token)).toMatchObject({ status: 'active' })
  // As another server's touch leaves the record, before the news of it has come here.
  const primary = await Connection.open({ address: (await group().primary()).address, ...TEST_USERS.admin })
  onTestFinished(() => primary.close())
  const bytes = await primary.send(['GET', tokenKey(token) ?? ''], 1000)
  const record = Buffer.isBuffer(bytes) ? decodeRecord(bytes) : null
  if (record?.state !== 'live') throw new Error('not live')
  const touched = encodeRecord({ ...record, idleUntilMs: record.idleUntilMs + 60_000 })
  await primary.send(['SET', tokenKey(token) ?? '', touched], 1000)
  await pause(320)
  expect(await store.verify(token)).toMatchObject({ status: 'active' })
})

test('a record of a format from the future is never taken for a log-out', async () => {
  const store = await openStore(group(), { verifyTimeoutMs: 300 })
  const token = generateToken(dataCentreTag('dc1'), '000')
  await group().run(await group().primary(), 'SET', tokenKey(token) ?? '', '2Lnobody-knows')
  expect(await store.verify(token)).toMatchObject({ status: 'unavailable' })
  expect(await errorOf(store.revoke(token, { timeoutMs: 300 }))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

// INV-TOKENS-2.
test('neither token, subject nor claims can be found in Redis', async () => {
  const store = await openStore(group())
  const subject = 'a-subject-to-look-for'
  const { token } = await store.issue({ subject, device: 'a-device', claims: { a: 'a-claim' } })
  const primary = await group().primary()
  const keys = await group().run(primary, 'KEYS', '*')
  if (!Array.isArray(keys)) throw new Error('no keys')
  const dumps = []
  // Each command opens a connection.
  for (const key of keys) dumps.push(await group().run(primary, 'DUMP', String(key)))
  const everything = [...keys, ...dumps].map((part) => (Buffer.isBuffer(part) ? part.toString('latin1') : ''))
  for (const secret of [token, token.slice(6, 30), subject, 'a-device', 'a-claim']) {
    expect(everything.some((part) => part.includes(secret))).toBe(false)
  }
})
