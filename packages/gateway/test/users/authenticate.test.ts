import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createAuthenticate } from '../../src/users/authenticate.ts'
import { openUserDirectory } from '../../src/users/directory.ts'
import { addUser } from '../../src/users/edit.ts'
import { createTurns } from '../../src/users/turns.ts'
import { PASSWORD, temporaryFolder } from '../support.ts'

async function authenticateOverFile(turns = createTurns({ atOnce: 2, waiting: 100, waitMs: 10_000 })) {
  const file = path.join(await temporaryFolder(), 'users.json')
  await addUser(file, 'ada', PASSWORD)
  const users = await openUserDirectory(file, () => {})
  return { file, authenticate: await createAuthenticate(users, turns) }
}

test('the right password is accepted and any other refused', async () => {
  const { authenticate } = await authenticateOverFile()
  expect(await authenticate('ada', PASSWORD)).toEqual({ status: 'accepted', subject: 'ada' })
  expect(await authenticate('ada', `${PASSWORD} `)).toMatchObject({ reason: 'wrong-password' })
  expect(await authenticate('Ada', PASSWORD)).toEqual({ status: 'refused', reason: 'unknown-user' })
  expect(await authenticate('__proto__', PASSWORD)).toMatchObject({ reason: 'unknown-user' })
})

test('names and passwords are the same however their accents are composed', async () => {
  const { file, authenticate } = await authenticateOverFile()
  await addUser(file, 'zoë', 'crème')
  const answer = await authenticate('zoë'.normalize('NFD'), 'crème'.normalize('NFD'))
  expect(answer).toEqual({ status: 'accepted', subject: 'zoë' })
})

test('a disabled user is refused with the right password', async () => {
  const { file, authenticate } = await authenticateOverFile()
  const { users } = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ users: [{ ...users[0], disabled: true }] }))
  expect(await authenticate('ada', PASSWORD)).toMatchObject({ status: 'refused', reason: 'disabled' })
})

test('an unknown user takes as long as a wrong password', async () => {
  const { authenticate } = await authenticateOverFile()
  const quickestMs = async (name: string) => {
    const timesMs: number[] = []
    for (let round = 0; round < 8; round++) {
      const startMs = performance.now()
      await authenticate(name, 'wrong')
      timesMs.push(performance.now() - startMs)
    }
    return Math.min(...timesMs)
  }
  const [known, unknown] = [await quickestMs('ada'), await quickestMs('nobody')]
  expect(unknown / known).toBeGreaterThan(0.6)
  expect(unknown / known).toBeLessThan(1.6)
})

test('beyond the bound of waiting logins the answer is busy', async () => {
  const { authenticate } = await authenticateOverFile(createTurns({ atOnce: 1, waiting: 1, waitMs: 10_000 }))
  const answers = await Promise.all([1, 2, 3, 4].map(() => authenticate('ada', PASSWORD)))
  expect(answers.map(({ status }) => status).sort()).toEqual(['accepted', 'accepted', 'busy', 'busy'])
})
