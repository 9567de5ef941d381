import type { NodeAddress, Reply } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import { type Ballot, repeatSplitVotes, whoRepeats } from '../../src/supervise/split-vote.ts'

const at = (host: string): NodeAddress => ({ host, port: 26_379 })

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

describe('who repeats a vote', () => {
  it.each([
    ['each voted for itself', [ballot('sc', 'sc'), ballot('sb', 'sb')]],
    ['each voted for the other', [ballot('sc', 'sb'), ballot('sb', 'sc')]],
    ['three voted in a circle', [ballot('sb', 'sc'), ballot('sc', 'sd'), ballot('sd', 'sb')]],
    ['one of them has not heard of the epoch', [ballot('sc', 'sc'), ballot('sb', 'sb', { epoch: 6 })]],
  ])('the first candidate, when %s', (_what, ballots) => {
    expect(whoRepeats(ballots)).toBe('sb:26379')
    expect(whoRepeats([...ballots].reverse())).toBe('sb:26379')
  })

  it.each([
    ['there is one candidate', [ballot('sb', 'sb'), ballot('sc', null, { isCandidate: false })]],
    ['one has a majority', [ballot('sb', 'sb'), ballot('sc', 'sb'), ballot('sd', 'sd')]],
    ['one has chosen a replica', [ballot('sb', 'sb', { hasChosen: true }), ballot('sc', 'sc')]],
    ['somebody voted for one that cannot be asked', [ballot('sb', 'sa'), ballot('sc', 'sc')]],
    ['nobody answers', []],
  ])('nobody, when %s', (_what, ballots) => {
    expect(whoRepeats(ballots)).toBeNull()
  })
})

/** Two Sentinels that have voted for themselves; a short `failover-timeout` has one begin again, and win. */
class TwoSentinels {
  readonly told: string[] = []
  /** The failover-timeout was put back before it had begun again: then it waits for twelve seconds. */
  tooEarly = false
  readonly timeouts = new Map([
    ['sb', 6000],
    ['sc', 6000],
  ])
  #epoch = 7
  /** So often it is asked for its vote until it has given up and begun again. */
  #looksBetween = 0

  tell = async ({ host }: NodeAddress, commands: string[][]): Promise<Reply[]> =>
    commands.map((command) => this.#answer(host, command))

  #answer(host: string, [, command = '', ...args]: string[]): Reply {
    if (command === 'MYID') return host
    if (command === 'REPLICAS') return []
    if (command === 'MASTER') {
      return {
        ip: 'a',
        port: '6379',
        flags:
          host === 'sb' && this.#looksBetween > 0 ? 'master,o_down' : 'master,o_down,failover_in_progress',
        'num-other-sentinels': '2',
        'failover-timeout': String(this.timeouts.get(host)),
      }
    }
    if (command === 'IS-MASTER-DOWN-BY-ADDR') {
      expect(args).toEqual(['a', '6379', '0', host])
      if (host === 'sb' && this.#looksBetween > 0) {
        this.#looksBetween -= 1
        if (this.#looksBetween === 0) this.#epoch += 1
      }
      // Nobody else knows of the new epoch yet.
      return [1, host, host === 'sb' ? this.#epoch : 7]
    }
    const [, name, value] = args
    this.told.push(`${host} ${name} ${value}`)
    this.timeouts.set(host, Number(value))
    if (value === '1') this.#looksBetween = 3
    // A later repetition may be broken off by the end of the test.
    else if (this.#looksBetween > 0 && this.told.length === 2) this.tooEarly = true
    return 'OK'
  }
}

async function watch(own: string[], sentinels: TwoSentinels, forMs: number): Promise<void> {
  await repeatSplitVotes(
    {
      own: own.map(at),
      all: [at('sb'), at('sc')],
      primaryName: 'mymaster',
      failoverTimeoutMs: 6000,
      tellSentinel: sentinels.tell,
      log: () => {},
    },
    AbortSignal.timeout(forMs),
  ).catch(() => {})
}

describe('a split vote', () => {
  // INV-AGENT-11.
  it('is repeated by the first candidate alone, whose failover-timeout is put back', async () => {
    const sentinels = new TwoSentinels()
    await watch(['sb', 'sc'], sentinels, 800)
    expect(sentinels.told.slice(0, 2)).toEqual(['sb failover-timeout 1', 'sb failover-timeout 6000'])
    expect(sentinels.timeouts.get('sb')).toBe(6000)
    expect(sentinels.tooEarly).toBe(false)
    expect(sentinels.told.every((told) => told.startsWith('sb'))).toBe(true)
  })

  it('is given the time of an election first', async () => {
    const sentinels = new TwoSentinels()
    await watch(['sb', 'sc'], sentinels, 250)
    expect(sentinels.told).toEqual([])
  })

  it('leaves no short failover-timeout behind when its watchdog died over it', async () => {
    const sentinels = new TwoSentinels()
    sentinels.timeouts.set('sc', 1)
    await watch(['sc'], sentinels, 250)
    expect(sentinels.told).toEqual(['sc failover-timeout 6000'])
  })
})
