import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BoundedQueue } from '../../src/base/queues.ts'
import { createAuthenticate } from '../../src/users/authenticate.ts'
import { openUserDirectory } from '../../src/users/directory.ts'
import { addUser, removeUsers, setDisabled, setPassword } from '../../src/users/edit.ts'
import { guessLimit, memoryStore, PASSWORD, temporaryFolder } from '../support.ts'

async function authenticateOverFile(
  queue = new BoundedQueue({ maxRunning: 2, maxWaiting: 100, maxWaitMs: 10_000 }),
  guesses = guessLimit(),
) {
  const file = path.join(await temporaryFolder(), 'users.json')
  await addUser(file, 'ada', PASSWORD)
  const users = await openUserDirectory(file, () => {})
  return { file, authenticate: await createAuthenticate(users, queue, guesses) }
}

test('the correct password is accepted, and any other is refused', async () => {
  const { authenticate } = await authenticateOverFile()
  expect(await authenticate('ada', PASSWORD)).toEqual({
    status: 'accepted',
    method: 'password',
    identity: { subject: 'ada', groups: [] },
  })
  expect(await authenticate('ada', `${PASSWORD} `)).toMatchObject({ reason: 'wrong-password' })
  expect(await authenticate('adam', PASSWORD)).toEqual({ status: 'refused', reason: 'unknown-user' })
  for (const spelling of ['Ada', ' ada ', 'ADA']) {
    expect(await authenticate(spelling, PASSWORD)).toMatchObject({ identity: { subject: 'ada' } })
  }
  expect(await authenticate('__proto__', PASSWORD)).toMatchObject({ reason: 'unknown-user' })
})

test('names and passwords match however their accents are composed', async () => {
  const { file, authenticate } = await authenticateOverFile()
  await addUser(file, 'zoë', 'crème brûlée, s’il te plaît')
  const answer = await authenticate('zoë'.normalize('NFD'), 'crème brûlée, s’il te plaît'.normalize('NFD'))
  expect(answer).toMatchObject({ status: 'accepted', identity: { subject: 'zoë' } })
})

test('an accepted login contains name, e-mail address and groups of the file', async () => {
  const { file, authenticate } = await authenticateOverFile()
  await addUser(file, 'grace', PASSWORD, {
    fullName: 'Grace Hopper',
    email: 'grace@example.org',
    groups: ['staff', 'navy'],
  })
  expect(await authenticate('grace', PASSWORD)).toEqual({
    status: 'accepted',
    method: 'password',
    identity: {
      subject: 'grace',
      name: 'Grace Hopper',
      email: 'grace@example.org',
      groups: ['staff', 'navy'],
    },
  })
})

test('a disabled user is refused, even with the correct password', async () => {
  const { file, authenticate } = await authenticateOverFile()
  const { users } = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ users: [{ ...users[0], disabled: true }] }))
  expect(await authenticate('ada', PASSWORD)).toMatchObject({ status: 'refused', reason: 'disabled' })
})

test.each([
  ['disabled', (file: string) => setDisabled(file, 'ada', true)],
  ['given a new password', (file: string) => setPassword(file, 'ada', 'quite another password')],
  ['removed', (file: string) => removeUsers(file, ['ada'])],
])('a user who is %s while the password is checked is refused', async (_, change) => {
  const queue = new BoundedQueue({ maxRunning: 1, maxWaiting: 1, maxWaitMs: 10_000 })
  const { file, authenticate } = await authenticateOverFile(queue)
  const { promise: changed, resolve } = Promise.withResolvers<void>()
  const held = queue.run(() => changed)
  const waiting = authenticate('ada', PASSWORD)
  await change(file)
  resolve()
  await held
  expect(await waiting).toEqual({ status: 'refused', reason: 'disabled', subject: 'ada' })
})

test('a login beyond the maximum of waiting logins is busy', async () => {
  const { authenticate } = await authenticateOverFile(
    new BoundedQueue({ maxRunning: 1, maxWaiting: 1, maxWaitMs: 10_000 }),
  )
  const answers = await Promise.all([1, 2, 3, 4].map(() => authenticate('ada', PASSWORD)))
  expect(answers.map(({ status }) => status).sort()).toEqual(['accepted', 'accepted', 'busy', 'busy'])
})

// INV-GATEWAY-36.
test('after the maximum of consecutive failures the correct password is refused like a wrong one, until the password changes', async () => {
  const { file, authenticate } = await authenticateOverFile(undefined, guessLimit(2))
  const guess = (password: string) => authenticate('ada', password)
  // A success begins the count again.
  await guess('wrong')
  expect(await guess(PASSWORD)).toMatchObject({ status: 'accepted' })
  await sleep(20)
  for (const password of ['wrong', 'wrong again']) {
    expect(await guess(password)).toMatchObject({ reason: 'wrong-password' })
  }
  for (const password of ['wrong', PASSWORD]) {
    expect(await guess(password)).toEqual({ status: 'refused', reason: 'guess-limit', subject: 'ada' })
  }
  await setPassword(file, 'ada', `${PASSWORD} 2`)
  expect(await guess(`${PASSWORD} 2`)).toMatchObject({ status: 'accepted' })
})

test('a known browser is counted apart, and a login in it ends the lockout of the account', async () => {
  const { authenticate } = await authenticateOverFile(undefined, guessLimit(2))
  for (let tries = 0; tries < 3; tries++) await authenticate('ada', 'wrong')
  expect(await authenticate('ada', PASSWORD)).toMatchObject({ reason: 'guess-limit' })
  expect(await authenticate('ada', PASSWORD, 'phone')).toMatchObject({ status: 'accepted' })
  await sleep(20)
  expect(await authenticate('ada', PASSWORD)).toMatchObject({ status: 'accepted' })
  for (let tries = 0; tries < 2; tries++) await authenticate('ada', 'wrong', 'stolen')
  expect(await authenticate('ada', PASSWORD, 'stolen')).toMatchObject({ reason: 'guess-limit' })
  expect(await authenticate('ada', PASSWORD, 'phone')).toMatchObject({ status: 'accepted' })
})

test('an unknown user takes one attempt of the store like a known one, and leaves no count of its own', async () => {
  const store = memoryStore()
  const names: string[] = []
  const { take } = store.attempts
  store.attempts.take = (limits, ...more) => {
    names.push(...limits.map(({ name }) => name))
    return take.call(store.attempts, limits, ...more)
  }
  const { authenticate } = await authenticateOverFile(undefined, guessLimit(1, store))
  for (const name of ['ada', 'nobody', 'nobody']) await authenticate(name, 'wrong')
  expect(await authenticate('nobody', 'wrong')).toEqual({ status: 'refused', reason: 'unknown-user' })
  expect(names).toHaveLength(4)
  expect(names.filter((name) => name.includes('nobody'))).toEqual([])
})
