import { afterEach, beforeEach, expect, test } from 'vitest'
import { errorOf, groupOfThisFile, openStore } from '../support.ts'

const group = groupOfThisFile()

/** From here on every node has used more memory than it may. */
function fillMemory(): Promise<unknown> {
  return setMaxMemory('1mb')
}

async function setMaxMemory(value: string): Promise<void> {
  await Promise.all(group().redis.map((server) => group().run(server, 'CONFIG', 'SET', 'maxmemory', value)))
}

beforeEach(() => setMaxMemory('0'))
afterEach(() => setMaxMemory('0'))

test('with memory full a login is refused clearly, and verification goes on', async () => {
  const store = await openStore(group())
  const { token } = await store.issue({ subject: 'ada' })
  await fillMemory()
  const error = await errorOf(store.issue({ subject: 'ada' }))
  expect(error).toMatchObject({ code: 'STORE_FULL' })
  expect(error.message).toMatch(/Redis has no memory left .* Raise `maxmemory`/)
  expect(await store.verify(token)).toMatchObject({ status: 'active' })
  await setMaxMemory('0')
  await store.issue({ subject: 'ada' })
})

test('with memory full every kind of log-out still works', async () => {
  const store = await openStore(group())
  const [one, two, three, mine] = await Promise.all(
    ['ada', 'ada', 'ada', 'ada'].map((subject) => store.issue({ subject })),
  )
  if (!one || !two || !three || !mine) throw new Error('four were issued')
  await fillMemory()
  expect(await store.revoke(one.token)).toEqual({ revoked: true, id: one.id })
  expect(await store.revokeById('ada', two.id)).toEqual({ revoked: true, id: two.id })
  const { revokedIds } = await store.revokeSubject('ada', { exceptToken: mine.token })
  expect(revokedIds).toContain(three.id)
  for (const { token } of [one, two, three]) {
    expect(await store.verify(token)).toMatchObject({ status: 'inactive', reason: 'revoked' })
  }
  expect(await store.verify(mine.token)).toMatchObject({ status: 'active' })
})

test('a rotation that finds no memory leaves the old token good', async () => {
  const store = await openStore(group())
  const { token } = await store.issue({ subject: 'ada' })
  await fillMemory()
  expect(await errorOf(store.rotate(token))).toMatchObject({ code: 'STORE_FULL' })
  expect(await store.verify(token)).toMatchObject({ status: 'active' })
})
