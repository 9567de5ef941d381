import { setTimeout as sleep } from 'node:timers/promises'
import { createIdleExtender, createMemoryStore, type Session } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { KEYRING } from './support.ts'

const IDLE_MS = 10_000
const session = (sinceExtendedMs: number, id = 'id', leftMs = 1e9): Session => ({
  id,
  subject: 'ada',
  claims: {},
  issuedAtMs: Date.now() - sinceExtendedMs,
  idleUntilMs: Math.min(Date.now() + IDLE_MS - sinceExtendedMs, Date.now() + leftMs),
  expiresAtMs: Date.now() + leftMs,
})

/** A store that counts extensions and answers none of them until told. */
function heldStore() {
  const store = createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING })
  const held = Promise.withResolvers<never>()
  const touched: string[] = []
  store.touch = (token) => {
    touched.push(token)
    return held.promise
  }
  return { store, touched, fail: () => held.reject(new Error('away')) }
}

test('a session is extended once a tenth of its idle lifetime has passed, and once at a time', () => {
  const { store, touched } = heldStore()
  const idle = createIdleExtender({
    store,
    idleMs: IDLE_MS,
    signal: new AbortController().signal,
    onFailure() {},
  })
  idle.extendWhenDue('fresh', session(0, 'a'))
  idle.extendWhenDue('nearly', session(900, 'b'))
  idle.extendWhenDue('due', session(1100, 'c'))
  idle.extendWhenDue('due', session(1100, 'c'))
  idle.extendWhenDue('at its end', session(1100, 'd', 100))
  expect(touched).toEqual(['due'])
})

test('no more than 64 extensions are under way, and failures are told, not thrown', async () => {
  const { store, touched, fail } = heldStore()
  let failures = 0
  const onFailure = () => failures++
  const idle = createIdleExtender({ store, idleMs: IDLE_MS, signal: new AbortController().signal, onFailure })
  for (let index = 0; index < 100; index++) idle.extendWhenDue('token', session(5000, `id-${index}`))
  expect(touched).toHaveLength(64)
  fail()
  await sleep(0)
  expect(failures).toBe(64)
  idle.extendWhenDue('token', session(5000, 'id-99'))
  expect(touched).toHaveLength(65)
})

test('it is given anew the lifetime by which it was due, so that it is not due again at once', async () => {
  const store = createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING, idleMs: 1000 })
  const { token } = await store.issue({ subject: 'ada' })
  const idle = createIdleExtender({ store, idleMs: IDLE_MS, onFailure() {} })
  const verify = async () => {
    const verified = await store.verify(token)
    if (verified.status !== 'active') throw new Error(`The session is ${verified.status}.`)
    return verified
  }
  const startMs = Date.now()
  idle.extendWhenDue(token, await verify())
  await sleep(20)
  const extended = await verify()
  expect(extended.idleUntilMs).toBeGreaterThanOrEqual(startMs + IDLE_MS)
  idle.extendWhenDue(token, extended)
  await sleep(20)
  expect((await verify()).idleUntilMs).toBe(extended.idleUntilMs)
})
