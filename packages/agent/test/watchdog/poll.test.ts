import { setImmediate as turn } from 'node:timers/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { expect, it } from 'vitest'
import { Poll } from '../../src/watchdog/poll.ts'
import { redisAt } from '../support/observation.ts'

/** A poll of the servers a and b, of which a answers only when the test says so. */
function pollOfTwo() {
  const asked: string[] = []
  const waiting: ((fails: boolean) => void)[] = []
  const poll = new Poll({
    servers: ['a', 'b'].map(redisAt),
    ask: ({ host }: NodeAddress): Promise<{ host: string }> => {
      asked.push(host)
      if (host === 'b') return Promise.resolve({ host })
      return new Promise((resolve, reject) => {
        waiting.push((fails) => (fails ? reject(new Error('no answer')) : resolve({ host })))
      })
    },
    maxAgeMs: 500,
    onAnswer: () => {},
  })
  const hostsAt = (nowMs: number) => poll.answers(nowMs).map(({ host }) => host)
  return { asked, answerA: (fails = false) => waiting.shift()?.(fails), poll, hostsAt }
}

it('a server that does not answer is asked once, and the others are asked at each period', async () => {
  const { asked, poll, hostsAt } = pollOfTwo()
  for (const nowMs of [0, 50, 100, 200]) {
    poll.ask(() => 100, nowMs)
    await turn()
  }
  expect(asked).toEqual(['a', 'b', 'b', 'b'])
  expect(hostsAt(200)).toEqual(['b'])
})

it('a server that failed to answer is left out until its next answer', async () => {
  const { answerA, poll, hostsAt } = pollOfTwo()
  const round = async (nowMs: number, fails: boolean) => {
    poll.ask(() => 100, nowMs)
    answerA(fails)
    await turn()
    return hostsAt(nowMs)
  }
  expect(await round(0, false)).toEqual(['a', 'b'])
  expect(await round(100, true)).toEqual(['b'])
  expect(await round(200, false)).toEqual(['a', 'b'])
})

it('answers from before a pause of this process do not count', async () => {
  const { poll, hostsAt } = pollOfTwo()
  poll.ask(() => 100, 0)
  await turn()
  expect(hostsAt(600)).toEqual(['b'])
  expect(hostsAt(601)).toEqual([])
})

it('an answer stays the same object until the next one, which the library needs to tell new answers from old ones', async () => {
  const { poll } = pollOfTwo()
  poll.ask(() => 100, 0)
  await turn()
  const [first] = poll.answers(10)
  expect(poll.answers(20)[0]).toBe(first)
  poll.ask(() => 100, 100)
  await turn()
  expect(poll.answers(110)[0]).not.toBe(first)
})

it('the time at which the next server is due is returned, and no server is asked without a period', () => {
  const { asked, poll } = pollOfTwo()
  expect(poll.ask((address) => (address === 'a:6379' ? null : 100), 0)).toBe(Number.POSITIVE_INFINITY)
  expect(asked).toEqual(['b'])
})
