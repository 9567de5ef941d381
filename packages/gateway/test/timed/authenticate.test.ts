import path from 'node:path'
import { expect, test } from 'vitest'
import { BoundedQueue } from '../../src/base/queues.ts'
import { createAuthenticate } from '../../src/users/authenticate.ts'
import { openUserDirectory } from '../../src/users/directory.ts'
import { addUser } from '../../src/users/edit.ts'
import { guessLimit, PASSWORD, temporaryFolder } from '../support.ts'

// INV-GATEWAY-33.
test('an unknown user takes as long as a wrong password', async () => {
  const file = path.join(await temporaryFolder(), 'users.json')
  await addUser(file, 'ada', PASSWORD)
  const queue = new BoundedQueue({ maxRunning: 2, maxWaiting: 100, maxWaitMs: 10_000 })
  const authenticate = await createAuthenticate(await openUserDirectory(file, () => {}), queue, guessLimit())
  // In turn, so that other load on this machine affects both.
  let [known, unknown] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const timeMs = async (name: string) => {
    const startMs = performance.now()
    await authenticate(name, 'wrong')
    return performance.now() - startMs
  }
  for (let round = 0; round < 12; round++) {
    known = Math.min(known, await timeMs('ada'))
    unknown = Math.min(unknown, await timeMs('nobody'))
  }
  expect(unknown / known).toBeGreaterThan(0.6)
  expect(unknown / known).toBeLessThan(1.6)
})
