import path from 'node:path'
import { expect, test } from 'vitest'
import { BoundedQueue } from '../../src/base/queues.ts'
import { createPasswordLogin } from '../../src/identities/password-login.ts'
import { type Authentication, createAuthenticate } from '../../src/users/authenticate.ts'
import { openUserDirectory } from '../../src/users/directory.ts'
import { addUser } from '../../src/users/edit.ts'
import { guessLimit, PASSWORD, temporaryFolder } from '../support.ts'

/** Counts the password hashes that are verified. */
class CountingQueue extends BoundedQueue {
  hashes = 0

  override run<T>(task: () => Promise<T>): Promise<T | null> {
    this.hashes++
    return super.run(task)
  }
}

async function loginByBoth(directory: (name: string) => Promise<Authentication>) {
  const file = path.join(await temporaryFolder(), 'users.json')
  await addUser(file, 'ada', PASSWORD)
  const users = await openUserDirectory(file, () => {})
  const queue = new CountingQueue({ maxRunning: 2, maxWaiting: 100, maxWaitMs: 10_000 })
  const asked: [name: string, password: string][] = []
  const login = createPasswordLogin({
    file: { users, authenticate: await createAuthenticate(users, queue, guessLimit()) },
    directory: async (name, password) => {
      asked.push([name, password])
      return await directory(name)
    },
  })
  if (login === null) throw new Error('There is no way to log in.')
  return { login, queue, asked }
}

const refuse = async (): Promise<Authentication> => ({ status: 'refused', reason: 'unknown-user' })

test.each(['ada', 'ADA', 'grace', 'nobody'])(
  'a refusal of %j costs one hash and one conversation with the directory, in the users file or not',
  async (name) => {
    const { login, queue, asked } = await loginByBoth(refuse)
    expect(await login(name, 'a wrong password')).toMatchObject({ status: 'refused' })
    expect([queue.hashes, asked.length]).toEqual([1, 1])
  },
)

test('the directory receives neither the name nor the password of a user of the file', async () => {
  const { login, asked } = await loginByBoth(refuse)
  expect(await login('ada', PASSWORD)).toMatchObject({ status: 'accepted' })
  await login('ada', 'a wrong password')
  expect(asked).toHaveLength(2)
  expect(asked.flat().filter((text) => ['ada', PASSWORD, 'a wrong password'].includes(text))).toEqual([])
})

test('a user of the file logs in while the directory hangs or fails', async () => {
  const hanging = await loginByBoth(() => new Promise(() => {}))
  expect(await hanging.login('ada', PASSWORD)).toMatchObject({ status: 'accepted' })
  const failing = await loginByBoth(async () => Promise.reject(new Error('broken')))
  expect(await failing.login('ada', PASSWORD)).toMatchObject({ status: 'accepted' })
  expect(await failing.login('ada', 'a wrong password')).toMatchObject({ reason: 'wrong-password' })
})
