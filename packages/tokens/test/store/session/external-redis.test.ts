import { randomUUID } from 'node:crypto'
import { TEST_USERS } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import type { Claims, ExternalActive, TokenStore } from '@holdfast/tokens'
import { describe, expect, test } from 'vitest'
import { Connection } from '../../../src/redis/connection.ts'
import { errorOf, makeStore, openStore } from '../../support.ts'
import { testExternal } from './external-contract.ts'

const group = groupOfThisFile()

testExternal(async (options) => {
  const store = makeStore({ sentinels: group().sentinels.map(({ address }) => address), ...options })
  await store.ready({ timeoutMs: 20_000 })
  return store
})

const newId = () => `sid-${randomUUID()}`
const openPair = async () => [await openStore(group()), await openStore(group())] as const

async function begin(store: TokenStore, id: string, claims: Claims = {}): Promise<ExternalActive> {
  const answer = await store.external('shop').put(id, { claims })
  if (answer.status !== 'active') throw new Error(`The session is ${answer.reason}.`)
  return answer
}

describe('external sessions of two stores', () => {
  // INV-TOKENS-59.
  test('keep every claim of concurrent puts, and the last value of one that both change in turn', async () => {
    const stores = await openPair()
    const id = newId()
    const base = await begin(stores[0], id, { turn: 0 })
    const names = Array.from({ length: 20 }, (_, index) => `n${index}`)
    await Promise.all(
      names.map((name, index) =>
        stores[index % 2 === 0 ? 0 : 1]
          .external('shop')
          .put(id, { claims: { ...base.claims, [name]: index }, base }),
      ),
    )
    const expected = Object.fromEntries(names.map((name, index) => [name, index]))
    for (const store of stores) {
      await expect
        .poll(() => store.external('shop').get(id))
        .toMatchObject({ claims: { turn: 0, ...expected } })
    }
    // Each begins after the one before was acknowledged, from a base that it may have in its cache.
    for (let turn = 1; turn <= 20; turn++) {
      const sessions = stores[turn % 2 === 0 ? 0 : 1].external('shop')
      const read = sessions.getCached(id) ?? base
      await sessions.put(id, { claims: { ...read.claims, turn }, base: read })
      expect(await sessions.get(id)).toMatchObject({ claims: { turn, ...expected } })
    }
  })

  test('have one winner of twenty that must not meet a conflict', async () => {
    const stores = await openPair()
    const id = newId()
    const base = await begin(stores[0], id, { n: 0 })
    const put = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        stores[n % 2 === 0 ? 0 : 1]
          .external('shop')
          .put(id, { claims: { n: n % 3 }, base, onConflict: 'fail' }),
      ),
    )
    // A put that changes nothing is no winner, and meets a conflict as well if it comes later.
    const changed = put.flatMap((answer) =>
      answer.status === 'active' && answer.version > 1 ? [answer] : [],
    )
    expect(changed).toMatchObject([{ version: 2 }])
    expect(put.filter(({ status }) => status === 'conflict').length).toBeGreaterThan(12)
  })

  test('see a session end, at the latest one lease after the acknowledgement', async () => {
    const [one, two] = await openPair()
    const id = newId()
    const { id: publicId } = await begin(one, id)
    await expect
      .poll(async () => {
        await two.external('shop').get(id)
        return two.external('shop').getCached(id)
      })
      .not.toBeNull()
    await one.external('shop').end(id)
    await expect
      .poll(() => two.external('shop').get(id))
      .toEqual({ status: 'inactive', reason: 'revoked', id: publicId })
    expect(await two.external('shop').put(id, { claims: {} })).toMatchObject({ reason: 'revoked' })
  })

  // INV-TOKENS-60.
  test('list a session that one began and to which the other gave a subject, and the first one then touched', async () => {
    const [one, two] = await openPair()
    const [id, subject] = [newId(), `late-${randomUUID()}`]
    const { id: publicId } = await begin(one, id)
    await two.external('shop').put(id, { claims: {}, subject })
    await one.external('shop').touch(id)
    expect(await one.list(subject)).toMatchObject([{ id: publicId, subject }])
    expect(await one.revokeSubject(subject)).toEqual({ revokedIds: [publicId] })
  })
})

// INV-TOKENS-2.
test('neither the id, nor a name or a value of a claim, nor the subject is in Redis', async () => {
  const store = await openStore(group())
  const [id, subject] = [newId(), `hidden-${randomUUID()}`]
  await store
    .external('shop')
    .put(id, { claims: { secretname: 'secretvalue' }, subject, device: 'secretdevice' })
  const { address } = await group().primary()
  const admin = await Connection.open({ address, ...TEST_USERS.admin })
  const keys = await admin.send(['KEYS', 'hf:{*}:[ts]:*'], 5000)
  const values = await Promise.all(
    (Array.isArray(keys) ? keys.map(String) : []).map(async (key) => {
      const command = key.includes(':s:') ? ['ZRANGE', key, '0', '-1'] : ['GET', key]
      return `${key} ${String(await admin.send(command, 5000))}`
    }),
  )
  admin.close()
  const all = values.join('\n')
  expect(all).toContain('1X')
  for (const secret of [id, id.slice(0, 12), subject, 'secretname', 'secretvalue', 'secretdevice', 'shop']) {
    expect(all).not.toContain(secret)
  }
})

// S1 and S2 for external sessions, with the primary killed while two stores change them.
test('a kill of the primary loses no acknowledged claim and undoes no acknowledged end', {
  timeout: 60_000,
}, async () => {
  await group().untilHealthy()
  const stores = await openPair()
  const ids = Array.from({ length: 12 }, newId)
  const bases = await Promise.all(ids.map((id) => begin(stores[0], id)))
  const acknowledged = new Map<string, Claims>(ids.map((id) => [id, {}]))
  const ended = new Set<string>()
  const failures: unknown[] = []
  let stopped = false
  // Each writer has claims of its own and an old base, so that a merge of whole records would lose them.
  const writers = stores.map(async (store, writer) => {
    for (let round = 0; !stopped; round++) {
      const index = round % ids.length
      const [id, base] = [ids[index] ?? '', bases[index]]
      const claim = { [`w${writer}-${round % 60}`]: round }
      try {
        if (writer === 1 && round > 60 && round % 31 === 0 && ended.size < 4) {
          await store.external('shop').end(id)
          ended.add(id)
          continue
        }
        const put = await store.external('shop').put(id, { claims: claim, ...(base && { base }) })
        if (put.status === 'active') acknowledged.set(id, { ...acknowledged.get(id), ...claim })
        else if (put.reason === 'revoked') await new Promise((resolve) => setTimeout(resolve, 5))
        else failures.push(put)
      } catch (error) {
        failures.push(error)
      }
    }
  })
  const count = () => [...acknowledged.values()].reduce((sum, claims) => sum + Object.keys(claims).length, 0)
  await expect.poll(count, { timeout: 10_000 }).toBeGreaterThan(50)
  const primary = await group().primary()
  await primary.kill()
  await expect.poll(() => group().primary(), { timeout: 20_000, interval: 50 }).not.toBe(primary)
  const before = count()
  await expect.poll(count, { timeout: 20_000 }).toBeGreaterThan(before)
  stopped = true
  await Promise.all(writers)
  await primary.start()
  await group().untilHealthy()
  expect(failures).toEqual([])
  const late = await openStore(group())
  for (const id of ids) {
    const answer = await late.external('shop').get(id, { timeoutMs: 10_000 })
    if (ended.has(id)) expect(answer).toMatchObject({ status: 'inactive', reason: 'revoked' })
    else expect(answer).toMatchObject({ status: 'active', claims: acknowledged.get(id) })
  }
  expect(ids.some((id) => !ended.has(id))).toBe(true)
})

test('a put while Redis is away is an error, and the session is as before when Redis is back', async () => {
  await group().untilHealthy()
  const store = await openStore(group())
  const id = newId()
  const before = await begin(store, id, { n: 1 })
  for (const server of group().redis) server.pause()
  const failed = await errorOf(store.external('shop').put(id, { claims: { n: 2 } }, { timeoutMs: 300 }))
  const ended = await errorOf(store.external('shop').end(newId(), { timeoutMs: 300 }))
  for (const server of group().redis) server.resume()
  expect([failed.code, ended.code]).toEqual(['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'])
  await group().untilHealthy()
  expect(await store.external('shop').get(id, { timeoutMs: 10_000 })).toMatchObject({
    id: before.id,
    status: 'active',
  })
})
