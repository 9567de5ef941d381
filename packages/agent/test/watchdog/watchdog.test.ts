import { formatAddress } from '@holdfast/tokens/redis'
import { expect, it } from 'vitest'
import type { NodeView } from '../../src/redis/nodes.ts'
import type { SentinelAnswer } from '../../src/redis/sentinels.ts'
import { decideAfterDeath, failOverDeadRedis } from '../../src/watchdog/watchdog.ts'

const DEAD = { host: 'a', port: 6379 }
const at = (host: string) => ({ host, port: 6379 })
const OTHERS = ['b', 'c'].map(at)

const answer = (host: string, more: Partial<SentinelAnswer> = {}): SentinelAnswer => ({
  sentinel: { host, port: 26_379 },
  primary: formatAddress(DEAD),
  configEpoch: 0,
  knownReplicas: 2,
  knownSentinels: 2,
  failingOver: false,
  findsItDown: false,
  downAfterMs: 1500,
  failoverTimeoutMs: 6000,
  ...more,
})

const replica = (address: (typeof OTHERS)[number]): NodeView => ({
  address,
  role: 'replica',
  replid: 'one',
  replid2: '0',
  offset: 1,
  replicas: [],
  primaryAddress: formatAddress(DEAD),
  linkUp: false,
})

const promotedTo = (host: string): NodeView => ({
  ...replica(at(host)),
  role: 'primary',
  primaryAddress: null,
})

/** The Sentinels that the watchdog asks for a failover within a moment. */
async function askedWhen(
  answers: SentinelAnswer[],
  survivors = OTHERS.map(replica),
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
  expect(await askedWhen([answer('a'), answer('b'), answer('c')])).toEqual(['b: SENTINEL FAILOVER mymaster'])
})

it.each([
  ['a Sentinel leads a failover', [answer('b', { failingOver: true }), answer('c')]],
  ['a Sentinel has detected the failure itself', [answer('b', { findsItDown: true }), answer('c')]],
  ['a Sentinel names another primary', [answer('b', { primary: 'b:6379' }), answer('c')]],
  ['only one Sentinel answers', [answer('b')]],
])('the watchdog asks no Sentinel when %s', async (_what, answers) => {
  expect(await askedWhen(answers)).toEqual([])
})

it('the watchdog asks no Sentinel when another Redis is already primary', async () => {
  const [promoted, other] = OTHERS.map(replica)
  if (promoted === undefined || other === undefined) throw new Error('There must be two other Redis.')
  expect(await askedWhen([answer('b'), answer('c')], [{ ...promoted, role: 'primary' }, other])).toEqual([])
})

// INV-AGENT-9.
it('the watchdog asks no Sentinel when the Redis runs again: a forced failover must not hit a living primary', async () => {
  expect(await askedWhen([answer('b'), answer('c')], OTHERS.map(replica), true)).toEqual([])
})

it.each<[string, number | null, NodeView[], string[]]>([
  ['no failover was requested', null, [promotedTo('b'), replica(at('c'))], []],
  ['one was requested, and a replica is promoted', 100, [promotedTo('b'), replica(at('c'))], ['c']],
  ['one was requested, and two Redis are primary', 100, [promotedTo('b'), promotedTo('c')], []],
])('the watchdog repoints the right replicas when %s', (_when, requestedMsAgo, survivors, repointed) => {
  const decision = decideAfterDeath({
    dead: formatAddress(DEAD),
    answers: [answer('b'), answer('c')],
    survivors,
    requestedMsAgo,
  })
  expect(decision.repoint?.followers.map(({ address }) => address.host) ?? []).toEqual(repointed)
})

it('the watchdog asks again when an accepted failover has promoted no Redis for two seconds', () => {
  const mayAsk = (requestedMsAgo: number) => {
    const answers = [answer('b'), answer('c')]
    return decideAfterDeath({
      dead: formatAddress(DEAD),
      answers,
      survivors: OTHERS.map(replica),
      requestedMsAgo,
    }).mayAsk
  }
  expect([mayAsk(2000), mayAsk(2001)]).toEqual([false, true])
})
