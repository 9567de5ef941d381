import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import type { StoreEvent } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { formatAddress } from '../../../src/redis/address.ts'
import { openStore, pause } from '../../support.ts'

const group = groupOfThisFile()

test('an observer is told of each verification and commit, and of a failover', {
  timeout: 30_000,
}, async () => {
  const verified: string[] = []
  const committed: string[] = []
  const events: StoreEvent[] = []
  const store = await openStore(group(), {
    observer: {
      verified: (status, path) => verified.push(`${status} by ${path}`),
      committed: (outcome, writes) => committed.push(`${writes} ${outcome}`),
      event: (event) => events.push(event),
    },
  })
  await until(() => store.status().leaseRemainingMs > 0)
  // On a busy machine a replica may confirm late: then the write is kept here until both have it.
  let token = ''
  await until(async () => {
    token = (await store.issue({ subject: 'ann' })).token
    return committed.at(-1) === '1 complete'
  })
  expect(committed.at(-1)).toBe('1 complete')
  await store.verify('no token')
  await store.verify(token)
  await store.verify(token)
  // What this process issued itself it may know already, from the feed.
  expect(verified).toEqual([
    'inactive by token',
    expect.stringMatching(/^active by (cache|primary)$/),
    'active by cache',
  ])

  const primary = await group().primary()
  await primary.kill()
  await store.issue({ subject: 'ben' })
  const to = formatAddress((await group().primary()).address)
  expect(events).toContainEqual({ type: 'failover', from: formatAddress(primary.address), to })
  expect(events).toContainEqual({ type: 'lease-lost' })
  // One of two replicas is gone, so this process keeps what it wrote until both have it.
  expect(committed.at(-1)).toBe('1 journalled')
  expect(store.status().journalEntries).toBe(1)
  await primary.start()
  await until(() => store.status().journalEntries === 0)
})

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('Waited in vain.')
    await pause(20)
  }
}
