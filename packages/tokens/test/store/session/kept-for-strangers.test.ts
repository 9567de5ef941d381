import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { tokenKey } from '@holdfast/tokens'
import { expect, onTestFinished, test } from 'vitest'
import { createRecordStore } from '../../../src/create-store.ts'
import { decodeRecord } from '../../../src/record/codec.ts'
import { dataCentreTag, generateToken } from '../../../src/token/format.ts'
import { APP, KEYRING, openStore } from '../../support.ts'

const group = groupOfThisFile()

/** How many keys there are of sessions and attempts. */
async function keys(): Promise<number> {
  const found = await group().run(await group().primary(), 'KEYS', 'hf:{*')
  return Array.isArray(found) ? found.length : Number.NaN
}

test('a flood of logouts of tokens that were never issued leaves a bounded number of keys, for a short time', async () => {
  const outcomes = { written: 0, refused: 0 }
  const observer = { guessed: (outcome: 'written' | 'refused') => void outcomes[outcome]++ }
  // A store that was opened just now cannot know which sessions a new primary lacks.
  const store = await openStore(group(), { observer })
  const before = await keys()
  const tokens = Array.from({ length: 3000 }, () => generateToken(dataCentreTag('dc1'), '000'))
  const answers = await Promise.allSettled(tokens.map((token) => store.revoke(token)))
  expect((await keys()) - before).toBeLessThanOrEqual(1000)
  expect(outcomes).toEqual({ written: 1000, refused: 2000 })
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
  expect(refused).toHaveLength(2000)
  expect(refused[0]).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  // A session that exists is ended all the same.
  const { token } = await store.issue({ subject: 'ada' })
  expect(await store.revoke(token)).toMatchObject({ revoked: true })
})

test('a try that is given back leaves no key', async () => {
  const store = await openStore(group())
  const before = await keys()
  const limits = (name: string) => [
    { name: `a ${name}`, limit: 5, windowMs: 60_000 },
    { name: `b ${name}`, limit: 5, windowMs: 60_000 },
  ]
  for (let count = 0; count < 50; count++) {
    const taken = await store.attempts.take(limits(`${count}`))
    if (!taken.allowed) throw new Error('refused')
    await store.attempts.giveBack(taken.id, { names: limits(`${count}`).map(({ name }) => name) })
  }
  await expect.poll(keys, { timeout: 5000 }).toBe(before)
})

test('a short tombstone lasts as long as its session once that is written again', async () => {
  const store = await openStore(group())
  const { token, expiresAtMs } = await store.issue({ subject: 'ada' })
  const key = tokenKey(token) ?? ''
  const primary = await group().primary()
  const bytes = await group().run(primary, 'GET', key)
  if (!Buffer.isBuffer(bytes)) throw new Error('There is no record.')
  // A primary that lacks the session, and a process that has not heard of it.
  await group().run(primary, 'DEL', key)
  const fresh = await openStore(group())
  await fresh.revoke(token)
  const endsAt = async () => decodeRecord((await group().run(primary, 'GET', key)) as Buffer)?.expiresAtMs
  expect(await endsAt()).toBeLessThan(expiresAtMs)
  // Its writer writes it again.
  const sentinels = group().sentinels.map(({ address }) => address)
  const records = createRecordStore({ dataCentre: 'dc1', keyring: KEYRING, sentinels, ...APP })
  onTestFinished(() => records.close())
  expect(await records.merge([{ key, bytes }])).toEqual(['kept-revoked'])
  expect(await endsAt()).toBe(expiresAtMs)
})
