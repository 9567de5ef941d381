import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import { readField } from '../redis/replies.ts'
import { readAnswer } from '../redis/sentinels.ts'

/** The state of one Sentinel in the current election. */
export interface Ballot {
  sentinel: NodeAddress
  id: string
  /** It has asked for votes, and its election has neither ended nor been given up. */
  isCandidate: boolean
  /** It was elected and has chosen a replica to promote. */
  hasChosen: boolean
  /** The id of the Sentinel that it voted for last; null when it has not voted. */
  vote: string | null
  /** The epoch of that vote. */
  epoch: number
  knownSentinels: number
}

export interface SplitVoteOptions {
  /** The Sentinels of this agent: the one of its host, or all of them on one machine. */
  own: readonly NodeAddress[]
  all: readonly NodeAddress[]
  primaryName: string
  /** The planned `failover-timeout`. */
  failoverTimeoutMs: number
  /** Resolves to the replies in order. */
  sendToSentinel: (sentinel: NodeAddress, commands: string[][]) => Promise<Reply[]>
  log: (event: string, details: Record<string, unknown>) => void
}

const POLL_INTERVAL_MS = 100
/** A Sentinel that wins an election wins it within two of its timer periods, of 100 ms at most. */
const SPLIT_CONFIRMATION_MS = 300
/** A `failover-timeout` that ends the current attempt and lets the next one start. */
const SHORT_FAILOVER_TIMEOUT_MS = 1
/** A Sentinel delays its attempts by up to a second (SENTINEL_MAX_DESYNC), and its timer runs every 100 ms. */
const NEW_VOTE_TIMEOUT_MS = 1300
const NEW_VOTE_POLL_INTERVAL_MS = 20
/** Asks for the current vote without requesting one: every real epoch is higher. */
const NO_EPOCH = '0'
const NO_VOTE = '*'

/**
 * Makes a Sentinel repeat a split vote. Rejects when the signal aborts.
 *
 * Two Sentinels that mark the primary as down at the same moment vote for themselves or for each other, and neither is
 * elected. Each gives up after its `failover-timeout`, ten seconds at most, and starts again after twice that timeout
 * (FACT-25), so logins waited for twelve seconds. This function decides nothing: one of the candidates gets a short
 * `failover-timeout` for a moment, so that it asks for votes again at once, in a new epoch.
 * INV-AGENT-11.
 */
export async function repeatSplitVotes(options: SplitVoteOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(options.own.map((sentinel) => watchSentinel(sentinel, options, signal)))
}

async function watchSentinel(
  own: NodeAddress,
  options: SplitVoteOptions,
  signal: AbortSignal,
): Promise<never> {
  let splitSinceMs: number | null = null
  for (;;) {
    signal.throwIfAborted()
    const isStuck = (await isCandidate(own, options)) && (await mustRepeat(own, options))
    splitSinceMs = isStuck ? (splitSinceMs ?? performance.now()) : null
    if (splitSinceMs !== null && performance.now() - splitSinceMs >= SPLIT_CONFIRMATION_MS) {
      await repeatVote(own, options, signal)
      splitSinceMs = null
    }
    await sleep(POLL_INTERVAL_MS, undefined, { signal })
  }
}

/** Whether the Sentinel has asked for votes. Restores a short timeout that a process left when it died in `repeatVote`. */
async function isCandidate(own: NodeAddress, options: SplitVoteOptions): Promise<boolean> {
  try {
    const [reply = null] = await options.sendToSentinel(own, [['SENTINEL', 'MASTER', options.primaryName]])
    const answer = readAnswer(own, reply)
    if (answer.failoverTimeoutMs === SHORT_FAILOVER_TIMEOUT_MS)
      await setFailoverTimeout(own, options.failoverTimeoutMs, options)
    return answer.failingOver
  } catch {
    // A Sentinel that does not answer is asked again.
    return false
  }
}

async function mustRepeat(own: NodeAddress, options: SplitVoteOptions): Promise<boolean> {
  const asked = await Promise.allSettled(options.all.map((sentinel) => readBallot(sentinel, options)))
  const ballots = asked.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  return candidateToRepeat(ballots) === formatAddress(own)
}

/**
 * The address of the candidate that should ask for votes again; null when no election is stuck, or a Sentinel may have been
 * elected. All agents with the same ballots choose the same candidate. Pure.
 */
export function candidateToRepeat(ballots: readonly Ballot[]): string | null {
  const candidates = ballots.filter(({ isCandidate }) => isCandidate)
  if (candidates.length < 2 || ballots.some(({ hasChosen }) => hasChosen)) return null
  const epoch = Math.max(...ballots.map((ballot) => ballot.epoch))
  const votes = ballots.flatMap((ballot) =>
    ballot.epoch === epoch && ballot.vote !== null ? ballot.vote : [],
  )
  // A Sentinel that got a vote and does not answer may have been elected.
  if (votes.some((vote) => candidates.every(({ id }) => id !== vote))) return null
  const majority = Math.floor(Math.max(...ballots.map((ballot) => ballot.knownSentinels + 1)) / 2) + 1
  const mostVotes = Math.max(0, ...votes.map((vote) => votes.filter((other) => other === vote).length))
  if (mostVotes >= majority) return null
  const [first] = candidates.map(({ sentinel }) => formatAddress(sentinel)).sort()
  return first ?? null
}

async function readBallot(sentinel: NodeAddress, options: SplitVoteOptions): Promise<Ballot> {
  const { primaryName, sendToSentinel } = options
  const [id = null, master = null, replicas = null] = await sendToSentinel(sentinel, [
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

/** Whether the Sentinel that lists this replica has chosen it for promotion. */
export const isChosen = (replica: Reply) => readField(replica, 'flags').split(',').includes('promoted')

async function readVote(
  sentinel: NodeAddress,
  master: Reply,
  id: string,
  { sendToSentinel }: Pick<SplitVoteOptions, 'sendToSentinel'>,
): Promise<Pick<Ballot, 'vote' | 'epoch'>> {
  const [ip, port] = [readField(master, 'ip'), readField(master, 'port')]
  const [reply = null] = await sendToSentinel(sentinel, [
    ['SENTINEL', 'IS-MASTER-DOWN-BY-ADDR', ip, port, NO_EPOCH, id],
  ])
  const [, vote = NO_VOTE, epoch = 0] = Array.isArray(reply) ? reply : []
  return { vote: String(vote) === NO_VOTE ? null : String(vote), epoch: Number(epoch) }
}

async function repeatVote(own: NodeAddress, options: SplitVoteOptions, signal: AbortSignal): Promise<void> {
  const before = await readBallot(own, options).catch(() => null)
  if (before === null) return
  options.log('a vote was split: has it repeated', { sentinel: formatAddress(own), epoch: before.epoch })
  const untilMs = performance.now() + NEW_VOTE_TIMEOUT_MS
  try {
    await setFailoverTimeout(own, SHORT_FAILOVER_TIMEOUT_MS, options)
    while (performance.now() < untilMs) {
      await sleep(NEW_VOTE_POLL_INTERVAL_MS, undefined, { signal })
      const now = await readBallot(own, options)
      // The Sentinel gives up first. It has started again only once it has voted in a new epoch.
      if (now.epoch > before.epoch) return
    }
  } catch (error) {
    signal.throwIfAborted()
    options.log('the vote could not be repeated', { sentinel: formatAddress(own), reason: String(error) })
  } finally {
    // Restore the timeout before Sentinel takes a new failover for one that is too slow. If this fails, the next poll does it.
    await setFailoverTimeout(own, options.failoverTimeoutMs, options).catch(() => {})
  }
}

async function setFailoverTimeout(own: NodeAddress, ms: number, options: SplitVoteOptions): Promise<void> {
  await options.sendToSentinel(own, [
    ['SENTINEL', 'SET', options.primaryName, 'failover-timeout', String(ms)],
  ])
}
