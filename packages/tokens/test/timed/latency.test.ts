import type { ServerProcess } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { beforeEach, expect, test } from 'vitest'
import { parseFeedMessage } from '../../src/store/feed/feed-message.ts'
import { makeStore, openStore, pause, pauseUntilFinished, timed } from '../support.ts'

// With this limit a Sentinel's silence counts for something one second after the store was opened (store/barrier.ts).
const group = groupOfThisFile({ failoverTimeoutMs: 1000 })

beforeEach(() => group().untilHealthy())

test('with one replica hung, writes are acknowledged quickly, and all are there when it returns', async () => {
  const store = await openStore(group())
  await pause(1000)
  const [hung, other] = await twoReplicas()
  pauseUntilFinished([hung])
  const first = await timed(() => store.issue({ subject: 'bob' }))
  expect(first.ms).toBeLessThan(1500)
  const times: number[] = []
  const tokens = [first.value.token]
  for (let round = 0; round < 10; round++) {
    const { ms, value } = await timed(() => store.issue({ subject: 'bob' }))
    times.push(ms)
    tokens.push(value.token)
  }
  expect(times.sort((a, b) => a - b)[5]).toBeLessThan(150)
  hung.resume()
  await group().untilHealthy()
  for (const server of [hung, other]) {
    const count = Number(String(await group().run(server, 'INFO', 'keyspace')).match(/keys=(\d+)/)?.[1])
    expect(count).toBeGreaterThanOrEqual(tokens.length)
  }
})

test('a process that has just come counts on Sentinels that lead no failover, with one replica hung', async () => {
  pauseUntilFinished((await twoReplicas()).slice(0, 1))
  const young = makeStore({ sentinels: group().sentinels.map(({ address }) => address) })
  const { ms } = await timed(() => young.issue({ subject: 'ada' }, { timeoutMs: 5000 }))
  await young.close()
  // Else only after three seconds: so long may a promotion follow a vote that it has not heard.
  expect(ms).toBeLessThan(2000)
})

test('reads do not wait for a hung primary', async () => {
  const issuer = await openStore(group())
  const issued = await Promise.all(Array.from({ length: 6 }, () => issuer.issue({ subject: 'ada' })))
  // Another store knows the sessions from Redis only.
  const store = await openStore(group())
  pauseUntilFinished([await group().primary()])
  const times: number[] = []
  for (const { token } of issued) {
    const { ms, value } = await timed(() => store.verify(token))
    expect(value).toMatchObject({ status: 'active' })
    times.push(ms)
  }
  expect(Math.max(...times)).toBeLessThan(500)
  expect(times.sort((a, b) => a - b)[3]).toBeLessThan(250)
})

test('a message of 700 kB that is not one of the feed is refused within a second', async () => {
  const huge = Buffer.from('a - -8 '.repeat(100_000))
  const { ms, value } = await timed(() => Promise.resolve().then(() => parseFeedMessage(huge)))
  expect(value).toBeNull()
  expect(ms).toBeLessThan(1000)
})

/** Two replicas of the current primary, in no order. */
async function twoReplicas(): Promise<[ServerProcess, ServerProcess]> {
  const [one, two] = await group().replicas()
  if (one === undefined || two === undefined) throw new Error('There are not two replicas.')
  return [one, two]
}
