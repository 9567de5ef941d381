import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'
import type { SentinelAnswer } from '../redis/sentinels.ts'
import { type RepointOptions, repointReplicas } from './repoint-replicas.ts'

export interface RepointEarlyOptions extends RepointOptions {
  sentinels: readonly NodeAddress[]
  askSentinel: (sentinel: NodeAddress) => Promise<SentinelAnswer>
  /** The views of every Redis that answers. The Redis at that address is not asked. */
  viewsWithout: (address: string) => Promise<NodeView[]>
}

const POLL_INTERVAL_MS = 100
/** The interval while a failover is under way. */
const FAILOVER_POLL_INTERVAL_MS = 25

/**
 * Points the other replicas to a promoted replica as soon as a failover has promoted it. Rejects when the signal aborts.
 *
 * Sentinel does the same up to a second later, because it polls once a second, and a write that needs a replica waits for
 * it. This function sends only the commands that the leading Sentinel is about to send, and only after the promoted Redis
 * has become the primary. It polls each Sentinel separately, so that a hung Sentinel delays no other.
 * INV-AGENT-10.
 */
export async function repointReplicasEarly(options: RepointEarlyOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(options.sentinels.map((sentinel) => watchSentinel(sentinel, options, signal)))
}

async function watchSentinel(
  sentinel: NodeAddress,
  options: RepointEarlyOptions,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    signal.throwIfAborted()
    // A Sentinel that does not answer leads no failover that could be finished early.
    const answer = await options.askSentinel(sentinel).catch(() => null)
    const leads = answer?.failingOver === true
    if (leads) await repointFrom(answer.primary, options)
    await sleep(leads ? FAILOVER_POLL_INTERVAL_MS : POLL_INTERVAL_MS, undefined, { signal })
  }
}

async function repointFrom(replaced: string, options: RepointEarlyOptions): Promise<void> {
  const views = await options.viewsWithout(replaced)
  const followers = views.filter(({ primaryAddress }) => primaryAddress === replaced)
  const primaries = views.filter(
    ({ role, address }) => role === 'primary' && formatAddress(address) !== replaced,
  )
  const [promoted] = primaries
  if (promoted === undefined || primaries.length > 1) return
  // This failover did not promote a primary with another replication history.
  const ownFollowers = followers.filter(({ replid }) => replid === promoted.replid2)
  await repointReplicas(ownFollowers, promoted, options)
}
