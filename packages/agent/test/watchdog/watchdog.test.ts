import { formatAddress } from '@holdfast/tokens/redis'
import { expect, it } from 'vitest'
import type { NodeView } from '../../src/redis/nodes.ts'
import type { SentinelAnswer } from '../../src/redis/sentinels.ts'
import { decideAfterDeath, failOverDeadRedis } from '../../src/watchdog/watchdog.ts'
import { answerOf, primaryOf, redisAt, viewOf } from '../support/observation.ts'

const DEAD = redisAt('a')
const OTHERS = ['b', 'c'].map((host) => viewOf(host, { linkUp: false }))

/** The Sentinels that the watchdog asks for a failover within a moment. */
async function askedWhen(
  answers: SentinelAnswer[],
  survivors: NodeView[] = OTHERS,
  isBack = false,
): Promise<string[]> {
  const asked: string[] = []
  await failOverDeadRedis(
    DEAD,
    {
      primaryName: 'mymaster',
      sentinelAnswers: async () => answers,
      survivors: async () => survivors,
      isBack: async () => isBack,
      sendToSentinel: async ({ host }, command) => asked.push(`${host}: ${command.join(' ')}`),
      sendToNode: async () => 'OK',
      log: () => {},
      limitMs: 200,
    },
    new AbortController().signal,
  )
  return asked
}

it('the watchdog asks one Sentinel on another host once', async () => {
  expect(await askedWhen([answerOf('a'), answerOf('b'), answerOf('c')])).toEqual([
    'b: SENTINEL FAILOVER mymaster',
  ])
})

it.each([
  ['a Sentinel leads a failover', [answerOf('b', { failingOver: true }), answerOf('c')]],
  ['a Sentinel has detected the failure itself', [answerOf('b', { findsItDown: true }), answerOf('c')]],
  ['a Sentinel names another primary', [answerOf('b', { primary: 'b:6379' }), answerOf('c')]],
  ['only one Sentinel answers', [answerOf('b')]],
])('the watchdog asks no Sentinel when %s', async (_what, answers) => {
  expect(await askedWhen(answers)).toEqual([])
})

it('the watchdog asks no Sentinel when another Redis is already primary', async () => {
  expect(
    await askedWhen([answerOf('b'), answerOf('c')], [primaryOf('b'), viewOf('c', { linkUp: false })]),
  ).toEqual([])
})

// INV-AGENT-9.
it('the watchdog asks no Sentinel when the Redis runs again: a forced failover must not hit a living primary', async () => {
  expect(await askedWhen([answerOf('b'), answerOf('c')], OTHERS, true)).toEqual([])
})

it.each<[string, number | null, NodeView[], string[]]>([
  ['no failover was requested', null, [primaryOf('b'), viewOf('c', { linkUp: false })], []],
  [
    'one was requested, and a replica is promoted',
    100,
    [primaryOf('b'), viewOf('c', { linkUp: false })],
    ['c'],
  ],
  ['one was requested, and two Redis are primary', 100, [primaryOf('b'), primaryOf('c')], []],
])('the watchdog repoints the right replicas when %s', (_when, requestedMsAgo, survivors, repointed) => {
  const decision = decideAfterDeath({
    dead: formatAddress(DEAD),
    answers: [answerOf('b'), answerOf('c')],
    survivors,
    requestedMsAgo,
  })
  expect(decision.repoint?.followers.map(({ address }) => address.host) ?? []).toEqual(repointed)
})

it('the watchdog asks again when an accepted failover has promoted no Redis for two seconds', () => {
  const mayAsk = (requestedMsAgo: number) => {
    const answers = [answerOf('b'), answerOf('c')]
    return decideAfterDeath({
      dead: formatAddress(DEAD),
      answers,
      survivors: OTHERS,
      requestedMsAgo,
    }).mayAsk
  }
  expect([mayAsk(2000), mayAsk(2001)]).toEqual([false, true])
})
