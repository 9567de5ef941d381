import { createMemoryStore, generateKeyring } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { makeStore, NOBODY } from '../../support.ts'

// INV-TOKENS-26.
test('beyond ten thousand waiting reads one more is told so at once', async () => {
  const store = makeStore({ sentinels: [NOBODY] })
  const memory = createMemoryStore({ dataCentre: 'dc1', keyring: generateKeyring() })
  const { token } = await memory.issue({ subject: 'ann' })
  const waiting = Array.from({ length: 10_000 }, () => store.verify(token, { timeoutMs: 2000 }))
  let settled = 0
  for (const one of waiting) {
    one.then(
      () => settled++,
      () => {},
    )
  }
  const answer = await store.verify(token, { timeoutMs: 2000 })
  expect(settled).toBe(0)
  expect(answer).toMatchObject({
    status: 'unavailable',
    code: 'STORE_OVERLOADED',
    cause: expect.stringContaining('10000 reads'),
  })
  await expect(store.list('ann')).rejects.toMatchObject({ code: 'STORE_OVERLOADED' })
  await store.close()
  await Promise.allSettled(waiting)
})

test('beyond `maxQueuedWrites` waiting updates of one session, one more is refused at once', async () => {
  const store = makeStore({ sentinels: [NOBODY], maxQueuedWrites: 2 })
  const memory = createMemoryStore({ dataCentre: 'dc1', keyring: generateKeyring() })
  const { token } = await memory.issue({ subject: 'ann' })
  const update = () => store.update(token, (claims) => claims, { timeoutMs: 300 })
  const waiting = Promise.allSettled([update(), update(), update()])
  await expect(update()).rejects.toMatchObject({ code: 'STORE_OVERLOADED' })
  const codes = (await waiting).map((outcome) => outcome.status === 'rejected' && outcome.reason.code)
  expect(codes).toEqual(['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'])
  await store.close()
})
