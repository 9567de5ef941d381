import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { HostGroup } from '../host/group.ts'
import type { ActOptions } from './commands.ts'
import { askBallot } from './questions.ts'
import { SHORT_FAILOVER_TIMEOUT_MS } from './rules/split-vote.ts'

/** A Sentinel delays its attempts by up to a second (SENTINEL_MAX_DESYNC), and its timer runs every 100 ms. */
const NEW_VOTE_TIMEOUT_MS = 1300
const NEW_VOTE_POLL_INTERVAL_MS = 20

/**
 * Makes a Sentinel repeat a split vote, by a short `failover-timeout` until it has voted again. Rejects when the signal
 * aborts.
 */
export async function repeatVote(
  sentinel: NodeAddress,
  { group, log }: ActOptions,
  signal: AbortSignal,
): Promise<void> {
  const before = await askBallot(group, sentinel).catch(() => null)
  if (before === null) return
  const name = formatAddress(sentinel)
  log('a vote was split: has it repeated', { sentinel: name, epoch: before.epoch })
  const untilMs = performance.now() + NEW_VOTE_TIMEOUT_MS
  try {
    await setFailoverTimeout(sentinel, SHORT_FAILOVER_TIMEOUT_MS, group)
    while (performance.now() < untilMs) {
      await sleep(NEW_VOTE_POLL_INTERVAL_MS, undefined, { signal })
      const now = await askBallot(group, sentinel)
      // The Sentinel gives up first. It has started again only once it has voted in a new epoch.
      if (now.epoch > before.epoch) return
    }
  } catch (error) {
    signal.throwIfAborted()
    log('the vote could not be repeated', { sentinel: name, reason: String(error) })
  } finally {
    // Restore the timeout before Sentinel takes a new failover for one that is too slow. If this fails, the rule does it.
    await restoreFailoverTimeout(sentinel, group).catch(() => {})
  }
}

/** Sets the planned `failover-timeout` of a Sentinel. */
export const restoreFailoverTimeout = (sentinel: NodeAddress, group: HostGroup): Promise<unknown> =>
  setFailoverTimeout(sentinel, group.plan.failoverTimeoutMs, group)

function setFailoverTimeout(sentinel: NodeAddress, ms: number, group: HostGroup): Promise<unknown> {
  const { primaryName } = group.plan
  return group.sendToSentinel(sentinel, ['SENTINEL', 'SET', primaryName, 'failover-timeout', String(ms)])
}
