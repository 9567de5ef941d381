import { Network, RedisGroup } from '@holdfast/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tokenKey } from '../../../src/inspect.ts'
import { openStore, pause } from '../../support.ts'

let network: Network
let group: RedisGroup

beforeEach(async () => {
  network = await Network.create()
  group = await RedisGroup.start({ network })
})
afterEach(async () => {
  await group.stop()
  await network.close()
})

// INV-TOKENS-48.
/**
 * Seed 6023 of the fault campaign. The lists of two nodes differ, so the records are read by key as well, and a rotation
 * comes between the two reads: it ends the listed session, and its replacement is in no list.
 */
// INV-TOKENS-48.
test.each([
  ['revokeSubject', (store: Store, _: string) => store.revokeSubject('ada')],
  ['revokeById', (store: Store, id: string) => store.revokeById('ada', id)],
])(
  '%s ends a session that is rotated while nodes with different lists are read',
  async (_, end) => {
    const [a, b, c] = group.redis
    if (a === undefined || b === undefined || c === undefined) throw new Error('There are no Redis.')
    const [store, other] = [await openStore(group), await openStore(group)]
    const { token, id } = await store.issue({ subject: 'ada' })
    // From here on c receives nothing more, so that its list lacks a session.
    network.cut(['a'], ['c'])
    await store.issue({ subject: 'ada' })
    await other.verify(token)
    b.pause()
    c.pause()
    // The list of a is read, and the reader waits for a second one.
    const ending = end(store, id)
    await pause(100)
    const rotating = other.rotate(token, { timeoutMs: 5000 })
    const key = tokenKey(token) ?? ''
    const read = async (name: string) => String(await group.run(a, 'GET', name))
    while (!isTombstone(await read(key))) await pause(10)
    c.resume()
    await pause(100)
    b.resume()
    await ending
    // The answer depends on which of the two was acknowledged first.
    const rotated = await rotating
    const replacement = key.replace(/[^:]*$/, await read(key.replace(':t:', ':r:')))
    expect(await read(replacement)).toSatisfy(isTombstone)
    // Longer than the lease.
    await pause(1500)
    if ('token' in rotated) expect(await other.verify(rotated.token)).toMatchObject({ status: 'inactive' })
  },
  60_000,
)

const isTombstone = (record: unknown) => String(record).startsWith('1R')

type Store = Awaited<ReturnType<typeof openStore>>
