import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { MemoryBackend } from '../../../src/store/backend/memory-backend.ts'
import { SessionStore } from '../../../src/store/session/session-store.ts'
import { KEYRING } from '../../support.ts'

const LIMITS = { verifyTimeoutMs: 1000, writeTimeoutMs: 5000, maxRemembered: 10, maxWaitingChanges: 100 }
const expiresInMs = 60_000

let stores: SessionStore[]

/** Two stores that share their records, but not the queue of changes: two processes over one group. */
function openPair(): SessionStore[] {
  const backend = new MemoryBackend()
  return [1, 2].map(() => new SessionStore(() => backend, { dataCentre: 'dc1', keyring: KEYRING }, LIMITS))
}

beforeEach(() => {
  stores = openPair()
})

test('of two processes that put an external session with one base and must not meet a conflict, one succeeds', async () => {
  const id = randomUUID()
  await stores[0]?.external('shop').put(id, { claims: { a: 0, b: 0 } })
  for (let round = 0; round < 20; round++) {
    const base = await stores[0]?.external('shop').get(id)
    if (base?.status !== 'active') throw new Error('The session has ended.')
    const put = await Promise.all(
      stores.map((store, index) =>
        store.external('shop').put(id, {
          claims: { ...base.claims, [index === 0 ? 'a' : 'b']: round + 1 },
          base,
          onConflict: 'fail',
        }),
      ),
    )
    expect(put.map(({ status }) => status).sort()).toEqual(['active', 'conflict'])
  }
})

test('of two processes that put one claim at the same time, the second one builds on the first', async () => {
  const id = randomUUID()
  for (let round = 1; round <= 20; round++) {
    const put = await Promise.all(
      stores.map((store, index) => store.external('shop').put(id, { claims: { n: `${round} ${index}` } })),
    )
    const versions = put
      .map((answer) => (answer.status === 'active' ? answer.version : 0))
      .sort((a, b) => a - b)
    expect(versions).toEqual([2 * round - 1, 2 * round])
    const last = put.find((answer) => answer.status === 'active' && answer.version === 2 * round)
    expect(await stores[0]?.external('shop').get(id)).toEqual(last)
  }
})

// INV-TOKENS-61.
test('of two processes that take the value of a register, one gets it', async () => {
  for (let round = 0; round < 20; round++) {
    // Their random writers decide which of two equal versions wins.
    stores = openPair()
    const name = randomUUID()
    await stores[0]?.registers('codes').put(name, { value: round, expiresInMs })
    const taken = await Promise.all(stores.map((store) => store.registers('codes').take(name)))
    expect(taken.map(({ status }) => status).sort()).toEqual(['absent', 'present'])
  }
})
