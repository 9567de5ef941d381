import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import { readField } from '../redis/lines.ts'
import { readAnswer } from '../redis/sentinels.ts'

/** What one Sentinel knows of the election under way. */
export interface Ballot {
  sentinel: NodeAddress
  id: string
  /** It has asked for votes, and has neither finished nor given up. */
  isCandidate: boolean
  /** It was elected: it has chosen a replica. */
  hasChosen: boolean
  /** Whom it voted for last (null: nobody), and in which epoch. */
  vote: string | null
  epoch: number
  knownSentinels: number
}

export interface SplitVoteOptions {
  /** The Sentinels that this process looks after: that of its host, or on one machine all. */
  own: readonly NodeAddress[]
  all: readonly NodeAddress[]
  primaryName: string
  /** The planned one. */
  failoverTimeoutMs: number
  /** The replies in order. */
  tellSentinel: (sentinel: NodeAddress, commands: string[][]) => Promise<Reply[]>
  log: (event: string, details: Record<string, unknown>) => void
}

const LOOK_MS = 100
/** An election that is won is won within two of a Sentinel's turns, of 100 ms at most. */
const SPLIT_MS = 300
/** A `failover-timeout` that ends the attempt under way and lets the next one begin. */
const HURRY_MS = 1
/** A Sentinel puts its attempts off by up to a second (SENTINEL_MAX_DESYNC), and looks every 100 ms. */
const NEW_VOTE_MS = 1300
const LOOK_CLOSELY_MS = 20
/** The vote of now is asked for without voting: no epoch is as low. */
const NO_EPOCH = '0'
const NOBODY = '*'

/**
 * Has the vote repeated when it was split: two Sentinels that find the primary down at the same moment vote for
 * themselves, or for each other, and none is elected. Each gives up after ten seconds or its `failover-timeout` and
 * begins again after two of those (FACT-25), so logins waited for twelve seconds. Nothing is decided
 * here: for a moment one of the candidates has a short `failover-timeout`, so that it asks for votes again at once, in a
 * new epoch. Rejects when the signal aborts.
 * INV-AGENT-11.
 */
export async function repeatSplitVotes(options: SplitVoteOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(options.own.map((sentinel) => repeatThoseOf(sentinel, options, signal)))
}

async function repeatThoseOf(
  own: NodeAddress,
  options: SplitVoteOptions,
  signal: AbortSignal,
): Promise<never> {
  let splitSinceMs: number | null = null
  for (;;) {
    signal.throwIfAborted()
    const isStuck = (await leads(own, options)) && (await isSplit(own, options))
    splitSinceMs = isStuck ? (splitSinceMs ?? performance.now()) : null
    if (splitSinceMs !== null && performance.now() - splitSinceMs >= SPLIT_MS) {
      await repeat(own, options, signal)
      splitSinceMs = null
    }
    await sleep(LOOK_MS, undefined, { signal })
  }
}

/** Whether it has asked for votes. What a process that died in the middle of `repeat` left is put back. */
async function leads(own: NodeAddress, options: SplitVoteOptions): Promise<boolean> {
  try {
    const [reply = null] = await options.tellSentinel(own, [['SENTINEL', 'MASTER', options.primaryName]])
    const answer = readAnswer(own, reply)
    if (answer.failoverTimeoutMs === HURRY_MS) await setTimeoutOf(own, options.failoverTimeoutMs, options)
    return answer.failingOver
  } catch {
    // One that does not answer is asked again.
    return false
  }
}

async function isSplit(own: NodeAddress, options: SplitVoteOptions): Promise<boolean> {
  const asked = await Promise.allSettled(options.all.map((sentinel) => readBallot(sentinel, options)))
  const ballots = asked.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  return whoRepeats(ballots) === formatAddress(own)
}

/**
 * The address of the candidate that is to ask for votes again, or null: nobody is stuck, or somebody may have been
 * elected. All that see the same choose the same one. Pure.
 */
export function whoRepeats(ballots: readonly Ballot[]): string | null {
  const candidates = ballots.filter(({ isCandidate }) => isCandidate)
  if (candidates.length < 2 || ballots.some(({ hasChosen }) => hasChosen)) return null
  const epoch = Math.max(...ballots.map((ballot) => ballot.epoch))
  const votes = ballots.flatMap((ballot) =>
    ballot.epoch === epoch && ballot.vote !== null ? ballot.vote : [],
  )
  // A vote for one that cannot be asked may have elected it.
  if (votes.some((vote) => candidates.every(({ id }) => id !== vote))) return null
  const majority = Math.floor(Math.max(...ballots.map((ballot) => ballot.knownSentinels + 1)) / 2) + 1
  const most = Math.max(0, ...votes.map((vote) => votes.filter((other) => other === vote).length))
  if (most >= majority) return null
  const [first] = candidates.map(({ sentinel }) => formatAddress(sentinel)).sort()
  return first ?? null
}

async function readBallot(sentinel: NodeAddress, options: SplitVoteOptions): Promise<Ballot> {
  const { primaryName, tellSentinel } = options
  const [id = null, master = null, replicas = null] = await tellSentinel(sentinel, [
    ['SENTINEL', 'MYID'],
    ['SENTINEL', 'MASTER', primaryName],
    ['SENTINEL', 'REPLICAS', primaryName],
  ])
  const { failingOver, knownSentinels } = readAnswer(sentinel, master)
  const { vote, epoch } = await readVote(sentinel, master, String(id), options)
  return {
    sentinel,
    id: String(id),
    isCandidate: failingOver,
    hasChosen: Array.isArray(replicas) && replicas.some(isChosen),
    vote,
    epoch,
    knownSentinels,
  }
}

/** Whether the Sentinel that lists this replica has chosen it to be promoted. */
export const isChosen = (replica: Reply) => readField(replica, 'flags').split(',').includes('promoted')

async function readVote(
  sentinel: NodeAddress,
  master: Reply,
  id: string,
  { tellSentinel }: Pick<SplitVoteOptions, 'tellSentinel'>,
): Promise<Pick<Ballot, 'vote' | 'epoch'>> {
  const [ip, port] = [readField(master, 'ip'), readField(master, 'port')]
  const [reply = null] = await tellSentinel(sentinel, [
    ['SENTINEL', 'IS-MASTER-DOWN-BY-ADDR', ip, port, NO_EPOCH, id],
  ])
  const [, vote = NOBODY, epoch = 0] = Array.isArray(reply) ? reply : []
  return { vote: String(vote) === NOBODY ? null : String(vote), epoch: Number(epoch) }
}

async function repeat(own: NodeAddress, options: SplitVoteOptions, signal: AbortSignal): Promise<void> {
  const before = await readBallot(own, options).catch(() => null)
  if (before === null) return
  options.log('a vote was split: has it repeated', { sentinel: formatAddress(own), epoch: before.epoch })
  const untilMs = performance.now() + NEW_VOTE_MS
  try {
    await setTimeoutOf(own, HURRY_MS, options)
    while (performance.now() < untilMs) {
      await sleep(LOOK_CLOSELY_MS, undefined, { signal })
      const now = await readBallot(own, options)
      // It has given up in between, and begun again only when it has voted anew.
      if (now.epoch > before.epoch) return
    }
  } catch (error) {
    signal.throwIfAborted()
    options.log('the vote could not be repeated', { sentinel: formatAddress(own), reason: String(error) })
  } finally {
    // Before a failover that has begun could be taken for one that takes too long. Else the next look does it.
    await setTimeoutOf(own, options.failoverTimeoutMs, options).catch(() => {})
  }
}

async function setTimeoutOf(own: NodeAddress, ms: number, options: SplitVoteOptions): Promise<void> {
  await options.tellSentinel(own, [['SENTINEL', 'SET', options.primaryName, 'failover-timeout', String(ms)]])
}
