import type { NodeAddress, Reply } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import type { Ballot } from '../../src/watchdog/rules/rule.ts'
import { candidateToRepeat, repeatSplitVotes } from '../../src/watchdog/rules/split-vote.ts'
import { watchGroup } from '../../src/watchdog/watch-group.ts'
import { answerOf, sentinelAt as at, observe, playedGroup, type Send } from '../support/observation.ts'

const ballot = (name: string, vote: string | null, more: Partial<Ballot> = {}): Ballot => ({
  sentinel: at(name),
  id: name,
  isCandidate: true,
  hasChosen: false,
  vote,
  epoch: 7,
  knownSentinels: 2,
  ...more,
})

describe('candidateToRepeat', () => {
  it.each([
    ['each voted for itself', [ballot('sc', 'sc'), ballot('sb', 'sb')]],
    ['each voted for the other', [ballot('sc', 'sb'), ballot('sb', 'sc')]],
    ['three voted in a circle', [ballot('sb', 'sc'), ballot('sc', 'sd'), ballot('sd', 'sb')]],
    ['one candidate does not know the new epoch', [ballot('sc', 'sc'), ballot('sb', 'sb', { epoch: 6 })]],
  ])('the first candidate repeats the vote when %s', (_what, ballots) => {
    expect(candidateToRepeat(ballots)).toBe('sb:26379')
    expect(candidateToRepeat([...ballots].reverse())).toBe('sb:26379')
  })

  it.each([
    ['there is only one candidate', [ballot('sb', 'sb'), ballot('sc', null, { isCandidate: false })]],
    ['a candidate has a majority', [ballot('sb', 'sb'), ballot('sc', 'sb'), ballot('sd', 'sd')]],
    ['a candidate has chosen a replica', [ballot('sb', 'sb', { hasChosen: true }), ballot('sc', 'sc')]],
    ['a Sentinel voted for one that does not answer', [ballot('sb', 'sa'), ballot('sc', 'sc')]],
    ['no Sentinel answers', []],
  ])('no candidate repeats the vote when %s', (_what, ballots) => {
    expect(candidateToRepeat(ballots)).toBeNull()
  })
})

describe('repeatSplitVotes.decide', () => {
  const own = { redis: [], sentinels: [at('sb')] }
  const SPLIT = [ballot('sb', 'sb'), ballot('sc', 'sc')]

  /** The actions after each of these times, with the ballots that were asked then. */
  function actionsAt(timesMs: number[], ballotsAt: (nowMs: number) => (Ballot & { askedAtMs: number })[]) {
    const decide = repeatSplitVotes.start()
    return timesMs.map((nowMs) => {
      const answers = [answerOf('sb', { failingOver: true, askedAtMs: nowMs })]
      return decide(observe({ nowMs, own, answers, ballots: ballotsAt(nowMs) })).map(({ kind }) => kind)
    })
  }
  const asked = (ballots: Ballot[], askedAtMs: number) => ballots.map((one) => ({ ...one, askedAtMs }))

  it('a vote is repeated when it has been split for 300 ms', () => {
    expect(actionsAt([0, 100, 200, 300], (nowMs) => asked(SPLIT, nowMs))).toEqual([
      [],
      [],
      [],
      ['repeat vote'],
    ])
  })

  it('a vote is not repeated by the ballots of a Sentinel that has not answered since: it may have won', () => {
    const late = (nowMs: number) => [...asked(SPLIT.slice(0, 1), nowMs), ...asked(SPLIT.slice(1), 0)]
    expect(actionsAt([0, 300, 400], late).flat()).toEqual([])
  })

  it('the 300 ms begin again when the vote was not split for a moment', () => {
    const ballots = (nowMs: number) => asked(nowMs === 200 ? SPLIT.slice(0, 1) : SPLIT, nowMs)
    expect(actionsAt([0, 100, 200, 300, 500], ballots).flat()).toEqual([])
  })
})

/** Two Sentinels that have voted for themselves. A short `failover-timeout` makes one start again and win. */
class TwoSentinels {
  readonly sent: string[] = []
  firstSentAtMs = 0
  /** The failover-timeout was restored before the Sentinel had started again, so the Sentinel waits for twelve seconds. */
  tooEarly = false
  readonly timeouts = new Map([
    ['sb', 6000],
    ['sc', 6000],
  ])
  #epoch = 7
  /** How many more times the Sentinel is asked for its vote before it has given up and started again. */
  #pollsUntilRestart = 0

  send = ({ host }: NodeAddress, [, command = '', ...args]: readonly string[]): Reply => {
    if (command === 'MYID') return host
    if (command === 'REPLICAS') return []
    if (command === 'GET-MASTER-ADDR-BY-NAME') return ['a', '6379']
    if (command === 'MASTER') {
      return {
        ip: 'a',
        port: '6379',
        flags:
          host === 'sb' && this.#pollsUntilRestart > 0
            ? 'master,o_down'
            : 'master,o_down,failover_in_progress',
        'num-other-sentinels': '2',
        'failover-timeout': String(this.timeouts.get(host)),
        'config-epoch': '1',
        'down-after-milliseconds': '1500',
      }
    }
    if (command === 'IS-MASTER-DOWN-BY-ADDR') {
      expect(args).toEqual(['a', '6379', '0', host])
      if (host === 'sb' && this.#pollsUntilRestart > 0) {
        this.#pollsUntilRestart -= 1
        if (this.#pollsUntilRestart === 0) this.#epoch += 1
      }
      // The other Sentinel does not know the new epoch yet.
      return [1, host, host === 'sb' ? this.#epoch : 7]
    }
    const [, name, value] = args
    if (this.sent.length === 0) this.firstSentAtMs = performance.now()
    this.sent.push(`${host} ${name} ${value}`)
    this.timeouts.set(host, Number(value))
    if (value === '1') this.#pollsUntilRestart = 3
    else if (this.#pollsUntilRestart > 0) this.tooEarly = true
    return 'OK'
  }
}

/** Watches until the Sentinels have got this many commands that change a setting. */
async function watchUntilSent(count: number, own: string[], sentinels: TwoSentinels): Promise<void> {
  const ended = new AbortController()
  const send: Send = (sentinel, command) => {
    const reply = sentinels.send(sentinel, command)
    if (sentinels.sent.length >= count) ended.abort()
    return reply
  }
  const group = playedGroup({ redis: [], sentinels: ['sb', 'sc'].map(at) }, { sentinel: send })
  const options = {
    group,
    own: { redis: [], sentinels: own.map(at) },
    rules: [repeatSplitVotes],
    log: () => {},
  }
  await expect(watchGroup(options, ended.signal)).rejects.toMatchObject({ name: 'AbortError' })
}

describe('the agent', () => {
  // INV-AGENT-11.
  it('only the first candidate repeats a split vote once an election had time to succeed, and its failover-timeout is restored', async () => {
    const sentinels = new TwoSentinels()
    const startedAtMs = performance.now()
    await watchUntilSent(2, ['sb', 'sc'], sentinels)
    expect(sentinels.sent).toEqual(['sb failover-timeout 1', 'sb failover-timeout 6000'])
    expect(sentinels.tooEarly).toBe(false)
    expect(sentinels.firstSentAtMs - startedAtMs).toBeGreaterThanOrEqual(300)
  })

  it('a short failover-timeout that a dead agent left is restored', async () => {
    const sentinels = new TwoSentinels()
    sentinels.timeouts.set('sc', 1)
    await watchUntilSent(1, ['sc'], sentinels)
    expect(sentinels.sent).toEqual(['sc failover-timeout 6000'])
  })
})
