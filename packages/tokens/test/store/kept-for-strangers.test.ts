import { expect, test } from 'vitest'
import { dataCentreTag, generateToken } from '../../src/token/format.ts'
import { groupOfThisFile, openStore } from '../support.ts'

const group = groupOfThisFile()

async function keys(): Promise<number> {
  return Number(await group().run(await group().primary(), 'DBSIZE'))
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
