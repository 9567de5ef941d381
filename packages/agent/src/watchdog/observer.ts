import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { HostGroup } from '../host/group.ts'
import { waitForRedisExit } from '../host/redis-process.ts'
import type { NodeView } from '../redis/nodes.ts'
import { HelloListener } from './hello-listener.ts'
import { Poll } from './poll.ts'
import { askBallot, askClock, askData, askPings, askSentinel, type SentinelReply } from './questions.ts'
import type { Ballot, Clock, DataState, Observation, OwnServers, PingState, Topic } from './rules/rule.ts'

/**
 * How often each server is asked, in milliseconds. A rule that needs less looks at the same answers.
 *
 * - `view`, `sentinel`: a failover is noticed, and a quiet link is measured, ten times a second.
 * - `failover`: while a Sentinel leads a failover, that Sentinel and every Redis. A promotion is to be seen before Sentinel
 *   itself, which polls once a second, points the other replicas to it.
 * - `ballot`: while a Sentinel of this agent leads one. It shows a split vote, which must have lasted for 300 ms.
 * - `ping`, `clock`, `data`: a wrong clock and a missing group id last for seconds.
 */
const PERIODS_MS = {
  view: 100,
  sentinel: 100,
  failover: 25,
  ballot: 100,
  ping: 1000,
  clock: 1000,
  data: 1000,
}

/**
 * How long the answers to a question may take, in milliseconds: up to two or three deadlines, of a connection and of one or two
 * replies.
 */
const ANSWER_LIMIT_MS = { view: 500, other: 1500 }
/** The longest time between two observations, in milliseconds. */
const MAX_PAUSE_MS = 1000

interface ObserverOptions {
  group: HostGroup
  own: OwnServers
  /** What the rules look at. Nothing else is asked. */
  needs: ReadonlySet<Topic>
}

/** The part of an observation that comes from the group. */
type Observed = Omit<Observation, 'random' | 'running' | 'ended'>

/**
 * Observes a group: asks every server at its own period, listens to the hello messages, and waits for the end of the agent's own
 * Redis processes. Each of them wakes the loop.
 */
export class Observer {
  readonly #options: ObserverOptions
  readonly #views: Poll<NodeView>
  readonly #sentinels: Poll<SentinelReply>
  readonly #ballots: Poll<Ballot>
  readonly #pings: Poll<PingState>
  readonly #clocks: Poll<Clock>
  readonly #data: Poll<DataState>
  #newestEpoch = 0
  readonly #exits = new Map<NodeAddress, number>()
  /** The Redis that have a group id: they are not asked for it any more. */
  readonly #identified = new Set<string>()
  /** Why listening has failed. */
  #failure: { error: unknown } | null = null
  #hasNews = true
  #wakeUp: () => void = () => {}

  constructor(options: ObserverOptions) {
    this.#options = options
    const { group, own, needs } = options
    const { redis, sentinels } = group.plan
    const poll = <Answer extends object>(
      topic: Topic,
      servers: readonly NodeAddress[],
      ask: (group: HostGroup, server: NodeAddress) => Promise<Answer>,
      maxAgeMs: number,
    ) =>
      new Poll({
        servers: needs.has(topic) ? servers : [],
        ask: (server) => ask(group, server),
        maxAgeMs,
        onAnswer: () => this.wake(),
      })
    const { view, other } = ANSWER_LIMIT_MS
    this.#views = poll('views', redis, (_, node) => group.view(node), PERIODS_MS.view + view)
    this.#sentinels = poll('sentinels', sentinels, askSentinel, PERIODS_MS.sentinel + other)
    this.#ballots = poll('ballots', sentinels, askBallot, PERIODS_MS.ballot + other)
    this.#pings = poll('pings', own.sentinels, askPings, PERIODS_MS.ping + other)
    this.#clocks = poll('clocks', redis, askClock, PERIODS_MS.clock + other)
    this.#data = poll('data', own.redis, askData, PERIODS_MS.data + other)
  }

  /** Listens until the signal aborts. */
  start(signal: AbortSignal): void {
    const { group, own, needs } = this.#options
    signal.addEventListener('abort', () => this.wake(), { once: true })
    const fail = (error: unknown) => {
      this.#failure = { error }
      this.wake()
    }
    if (needs.has('epochs')) this.#listen(signal).catch(fail)
    if (needs.has('exits'))
      for (const redis of own.redis) this.#waitForExits(redis, group, signal).catch(fail)
  }

  /** Ends the pause before the next observation. */
  wake(): void {
    this.#hasNews = true
    this.#wakeUp()
  }

  /** Waits for the next news, and returns all that is known. Rejects when the signal aborts or listening fails. */
  async next(signal: AbortSignal): Promise<Observed> {
    signal.throwIfAborted()
    const dueMs = this.#ask(performance.now())
    if (!this.#hasNews) await this.#pause(dueMs - performance.now())
    signal.throwIfAborted()
    if (this.#failure !== null) throw this.#failure.error
    this.#hasNews = false
    return this.#observed(performance.now())
  }

  /** Asks every server that is due, and returns when the next one will be. */
  #ask(nowMs: number): number {
    const leaders = new Set(
      this.#sentinels
        .answers(nowMs)
        .flatMap(({ answer }) => (answer.failingOver ? [formatAddress(answer.sentinel)] : [])),
    )
    const ownLeads = this.#options.own.sentinels.some((sentinel) => leaders.has(formatAddress(sentinel)))
    for (const { redis, hasGroupId } of this.#data.answers(nowMs))
      if (hasGroupId) this.#identified.add(formatAddress(redis))
    return Math.min(
      this.#views.ask(() => (leaders.size > 0 ? PERIODS_MS.failover : PERIODS_MS.view), nowMs),
      this.#sentinels.ask(
        (address) => (leaders.has(address) ? PERIODS_MS.failover : PERIODS_MS.sentinel),
        nowMs,
      ),
      this.#ballots.ask(() => (ownLeads ? PERIODS_MS.ballot : null), nowMs),
      this.#pings.ask(() => PERIODS_MS.ping, nowMs),
      this.#clocks.ask(() => PERIODS_MS.clock, nowMs),
      this.#data.ask((address) => (this.#identified.has(address) ? null : PERIODS_MS.data), nowMs),
    )
  }

  #observed(nowMs: number): Observed {
    const sentinels = this.#sentinels.answers(nowMs)
    return {
      nowMs,
      plan: this.#options.group.plan,
      own: this.#options.own,
      views: this.#views.answers(nowMs),
      answers: sentinels.map(({ answer, askedAtMs }) => ({ ...answer, askedAtMs })),
      announcements: sentinels.map(({ announcement, askedAtMs }) => ({ ...announcement, askedAtMs })),
      ballots: this.#ballots.answers(nowMs),
      pings: this.#pings.answers(nowMs),
      clocks: this.#clocks.answers(nowMs),
      data: this.#data.answers(nowMs),
      newestEpoch: this.#newestEpoch,
      exits: [...this.#exits].map(([redis, endedAtMs]) => ({ redis, endedAtMs })),
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, Math.min(ms, MAX_PAUSE_MS)))
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #listen(signal: AbortSignal): Promise<void> {
    const { group, own } = this.#options
    const hellos = new HelloListener({
      redis: own.redis,
      primaryName: group.plan.primaryName,
      open: (node, timeoutMs) => group.open(node, timeoutMs),
      onNewEpoch: (epoch) => {
        this.#newestEpoch = epoch
        this.wake()
      },
    })
    return hellos.listen(signal)
  }

  async #waitForExits(redis: NodeAddress, group: HostGroup, signal: AbortSignal): Promise<never> {
    for (;;) {
      await waitForRedisExit(() => group.pidOf(redis), signal)
      this.#exits.set(redis, performance.now())
      this.wake()
    }
  }
}
