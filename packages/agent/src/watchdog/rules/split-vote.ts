import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import {
  type Action,
  type Ballot,
  type Decision,
  decideForEach,
  defineRule,
  type Observation,
} from './rule.ts'

/** A Sentinel that wins an election wins it within two of its timer periods, of 100 ms at most. */
const SPLIT_CONFIRMATION_MS = 300
/** A `failover-timeout` that ends the current attempt and lets the next one start. */
export const SHORT_FAILOVER_TIMEOUT_MS = 1

/** Since when the vote has been split and the Sentinel is the one to repeat it; null when it is not. */
type SplitSinceMs = number | null

/**
 * Makes a Sentinel repeat a split vote.
 *
 * Two Sentinels that mark the primary as down at the same moment vote for themselves or for each other, and neither is
 * elected. Each gives up after its `failover-timeout`, ten seconds at most, and starts again after twice that timeout
 * (FACT-25), so logins waited for twelve seconds. This rule elects no Sentinel: one of the candidates gets a short
 * `failover-timeout` for a moment, so that it asks for votes again at once, in a new epoch.
 * INV-AGENT-11.
 */
export const repeatSplitVotes = defineRule<ReadonlyMap<string, SplitSinceMs>>({
  name: 'repeat split votes',
  needs: ['sentinels', 'ballots'],
  initial: () => new Map(),
  decide: (observation, memories) =>
    decideForEach(
      observation.own.sentinels.map((sentinel) => [formatAddress(sentinel), sentinel]),
      memories,
      (sentinel, splitSinceMs = null) => decideOne(sentinel, observation, splitSinceMs),
    ),
})

function decideOne(
  sentinel: NodeAddress,
  { nowMs, answers, ballots }: Observation,
  since: SplitSinceMs,
): Decision<SplitSinceMs> {
  const address = formatAddress(sentinel)
  const answer = answers.find((one) => formatAddress(one.sentinel) === address)
  if (answer === undefined) return { actions: [], memory: null }
  // A process that died while it had a vote repeated left a short timeout.
  const restoring: Action[] =
    answer.failoverTimeoutMs === SHORT_FAILOVER_TIMEOUT_MS
      ? [{ kind: 'restore failover-timeout', sentinel, seenAtMs: answer.askedAtMs }]
      : []
  const isStuck = answer.failingOver && candidateToRepeat(ballots) === address
  if (!isStuck) return { actions: restoring, memory: null }
  const splitSinceMs = since ?? nowMs
  // Each ballot must be newer than that: a Sentinel may have won since its last one.
  const isConfirmed = ballots.every(({ askedAtMs }) => askedAtMs >= splitSinceMs + SPLIT_CONFIRMATION_MS)
  if (!isConfirmed) return { actions: restoring, memory: splitSinceMs }
  const seenAtMs = Math.min(...ballots.map(({ askedAtMs }) => askedAtMs))
  return { actions: [...restoring, { kind: 'repeat vote', sentinel, seenAtMs }], memory: null }
}

/**
 * The address of the candidate that should ask for votes again; null when no election is stuck, or a Sentinel may have been
 * elected. All agents with the same ballots choose the same candidate.
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
