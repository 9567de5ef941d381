import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withoutRules } from '../../src/safety-policy.ts'
import { SCRIPTS } from '../../src/scripts/scripts.ts'
import { recordKey } from '../../src/token/digest.ts'
import { FUTURE_MS } from '../record/arbitraries.ts'
import { errorOf, openStore, pause } from '../support.ts'

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

// INV-TOKENS-50.
test('with memory full a session in use stays in beyond its idle limit, and one that is not in use ends', async () => {
  const store = await openStore(group(), { idleMs: 1500 })
  const [used, unused] = await Promise.all(['ada', 'bob'].map((subject) => store.issue({ subject })))
  if (!used || !unused) throw new Error('two were issued')
  await fillMemory()
  for (let touches = 0; touches < 6; touches++) {
    await pause(400)
    expect(await store.touch(used.token)).toMatchObject({ status: 'active' })
  }
  expect(await store.verify(used.token)).toMatchObject({ status: 'active' })
  expect(await store.verify(unused.token)).toMatchObject({ status: 'inactive' })
})

test('without the rule touch-when-full a session in use ends while memory is full', async () => {
  const store = await openStore(group(), { idleMs: 1500 }, { rules: withoutRules(['touch-when-full']) })
  const { token } = await store.issue({ subject: 'ada' })
  await fillMemory()
  expect(await errorOf(store.touch(token))).toMatchObject({ code: 'STORE_FULL' })
  await expect
    .poll(() => store.verify(token), { timeout: 10_000 })
    .toMatchObject({ status: 'inactive', reason: 'expired' })
})

test('with memory full claims may change as long as they do not grow', async () => {
  const store = await openStore(group())
  const { token } = await store.issue({ subject: 'ada', claims: { role: 'admin' } })
  await fillMemory()
  expect(await store.update(token, () => ({ role: 'user' }))).toMatchObject({ claims: { role: 'user' } })
  expect(await errorOf(store.update(token, () => ({ role: 'a longer one' })))).toMatchObject({
    code: 'STORE_FULL',
  })
})

test('what keeps a session alive with memory full stores nothing that is not there, and lets nothing grow', async () => {
  const primary = await group().primary()
  const [key, other] = ['a', 'b'].map((letter) => recordKey('000', letter.repeat(32)).key)
  if (key === undefined || other === undefined) throw new Error('two keys')
  const at = FUTURE_MS.toString(36)
  await group().run(primary, 'SET', key, `1L1:${at}:1:zz:payload`)
  await fillMemory()
  const merge = (records: [key: string, record: string][]) => {
    const keys = records.flatMap(([key]) => [key, key])
    const args = records.map(([, record]) => `- ${record.length} ${record} `).join('')
    const { source } = SCRIPTS.mergeStored
    return group().run(primary, 'EVAL', source, `${keys.length}`, ...keys, args)
  }
  const touched = `1L1:${at}:z:zz:payload`
  expect(
    await merge([
      [other, touched],
      [key, touched],
      [key, `1L2:${at}:z:zz:payload-`],
    ]),
  ).toEqual([-1, 1, -1])
  expect(await group().run(primary, 'EXISTS', other)).toBe(0)
  expect(String(await group().run(primary, 'GET', key))).toBe(touched)
  await setMaxMemory('0')
  await group().run(primary, 'SET', key, '1Rzzzzzzzzzz')
  await fillMemory()
  expect(String(await merge([[key, touched]]))).toBe('1Rzzzzzzzzzz')
})
