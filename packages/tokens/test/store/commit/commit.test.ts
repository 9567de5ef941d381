import type { ServerProcess } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { within } from '@holdfast/testing/within'
import type { TokenStore } from '@holdfast/tokens'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { errorOf, makeStore, openStore, pause, pauseUntilFinished, timed } from '../../support.ts'

// With this limit a Sentinel's silence counts for something one second after the store was opened (store/commit/barrier.ts).
const group = groupOfThisFile({ failoverTimeoutMs: 1000 })
let store: TokenStore

beforeAll(async () => {
  store = makeStore({ sentinels: group().sentinels.map(({ address }) => address) })
  await store.ready({ timeoutMs: 20_000 })
  return () => store.close()
})

beforeEach(() => group().untilHealthy())

// INV-TOKENS-18.
describe('without any replica nothing is acknowledged', () => {
  test('a write fails at its deadline, saying that its outcome is unknown', async () => {
    pauseUntilFinished(await group().replicas())
    const { ms, value } = await timed(() =>
      within(errorOf(store.issue({ subject: 'ada' }, { timeoutMs: 700 }))),
    )
    expect(value).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(value.message).toMatch(/not acknowledged in time, so its outcome is unknown\. \S/)
    expect(ms).toBeGreaterThanOrEqual(690)
  })

  test('a write waits, and is acknowledged when a replica returns in time', async () => {
    const [one, two] = await twoReplicas()
    pauseUntilFinished([one, two])
    const issuing = timed(() => within(store.issue({ subject: 'ada' }, { timeoutMs: 20_000 })))
    await pause(600)
    one.resume()
    two.resume()
    const { ms, value } = await issuing
    expect(ms).toBeGreaterThanOrEqual(590)
    expect(await store.verify(value.token)).toMatchObject({ status: 'active' })
  })

  test('killed replicas count as little as hung ones', async () => {
    const replicas = await twoReplicas()
    await Promise.all(replicas.map((replica) => replica.kill()))
    const issuing = store.issue({ subject: 'ada' }, { timeoutMs: 20_000 })
    const error = await errorOf(store.issue({ subject: 'ada' }, { timeoutMs: 400 }))
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await Promise.all(replicas.map((replica) => replica.start()))
    expect(await issuing).toMatchObject({ subject: 'ada' })
  })

  test('a repetition that changes nothing is not acknowledged either, also by another process', async () => {
    const { token } = await store.issue({ subject: 'ada' })
    const other = await openStore(group())
    pauseUntilFinished(await group().replicas())
    // The tombstone is on the primary after this, and nowhere else.
    expect(await errorOf(store.revoke(token, { timeoutMs: 300 }))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    const fresh = makeStore({ sentinels: group().sentinels.map(({ address }) => address) })
    const errors = await Promise.all([
      errorOf(store.revoke(token, { timeoutMs: 500 })),
      errorOf(other.revoke(token, { timeoutMs: 500 })),
      errorOf(fresh.revoke(token, { timeoutMs: 500 })),
      errorOf(fresh.ready({ timeoutMs: 500 })),
    ])
    await fresh.close()
    expect(errors.map(({ code }) => code)).toEqual(errors.map(() => 'STORE_UNAVAILABLE'))
  })

  test('what waits is bounded; beyond it a write is refused at once', async () => {
    const small = await openStore(group(), { maxQueuedWrites: 5 })
    pauseUntilFinished(await group().replicas())
    const inOrder: (string | undefined)[] = []
    const calls = Array.from({ length: 30 }, async () => {
      const error = await errorOf(small.issue({ subject: 'ada' }, { timeoutMs: 500 }))
      inOrder.push(error.code)
      return error
    })
    const outcomes = await Promise.all(calls)
    const refused = outcomes.filter(({ code }) => code === 'STORE_OVERLOADED')
    const waited = outcomes.filter(({ code }) => code === 'STORE_UNAVAILABLE')
    expect(refused.length + waited.length).toBe(30)
    expect(waited.length).toBeGreaterThanOrEqual(4)
    expect(waited.length).toBeLessThanOrEqual(5)
    expect(refused[0]?.message).toBe('5 writes are waiting already. Try again in a moment.')
    // No refusal waits for a write that waits.
    expect(inOrder.slice(0, refused.length)).toEqual(refused.map(({ code }) => code))
  })

  test('closing ends what waits with STORE_CLOSED', async () => {
    const closing = await openStore(group())
    pauseUntilFinished(await group().replicas())
    const calls = [closing.issue({ subject: 'ada' }), closing.revokeSubject('ada'), closing.ready()].map(
      errorOf,
    )
    await pause(100)
    await closing.close()
    const errors = await Promise.all(calls)
    expect(errors.map(({ code }) => code)).toEqual(['STORE_CLOSED', 'STORE_CLOSED', 'STORE_CLOSED'])
  })
})

test('scripts that the primary has forgotten are loaded again', async () => {
  const { token } = await store.issue({ subject: 'carol' })
  const primary = await group().primary()
  for (let times = 0; times < 3; times++) {
    await group().run(primary, 'SCRIPT', 'FLUSH')
    await within(store.touch(token, { timeoutMs: 60_000 }))
  }
  await group().run(primary, 'SCRIPT', 'FLUSH')
  expect(await store.revoke(token)).toMatchObject({ revoked: true })
})

test('a connection that is cut in the middle of the load costs no write', async () => {
  const primary = await group().primary()
  const writing = Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      await pause(index * 3)
      return store.issue({ subject: `load-${index}` })
    }),
  )
  for (let times = 0; times < 5; times++) {
    await pause(100)
    await group().run(primary, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  }
  const issued = await writing
  expect(new Set(issued.map(({ id }) => id)).size).toBe(200)
  for (const { token } of issued) expect(await store.verify(token)).toMatchObject({ status: 'active' })
})

async function twoReplicas(): Promise<[ServerProcess, ServerProcess]> {
  const [one, two] = await group().replicas()
  if (one === undefined || two === undefined) throw new Error('There are not two replicas.')
  return [one, two]
}
