import type { ReplicaGroup } from '../../redis/group.ts'
import type { StoreStatus } from '../api/status.ts'
import { NOT_CAUGHT_UP } from '../journal/replay.ts'

/** What the parts of a store report about themselves. */
interface StoreFacts
  extends Omit<StoreStatus, 'writable' | 'readable' | 'primary' | 'problem' | 'nodes' | 'sentinels'> {
  clockProblem: string | null
  /** Whether this process can trust the answers of the current primary. */
  hasCaughtUp: boolean
}

/** Decides from what this process knows whether it can probably write and read now, without I/O. */
export function describeStatus(group: ReplicaGroup, facts: StoreFacts): StoreStatus {
  const { primary, nodes, sentinels } = group
  const { clockProblem, hasCaughtUp, ...counts } = facts
  const up = nodes.filter((node) => node.isUp).length
  return {
    writable: primary !== null && clockProblem === null,
    readable: hasCaughtUp && clockProblem === null && (primary !== null || up >= group.readQuorum),
    primary: primary?.address ?? null,
    problem: group.problem() ?? clockProblem ?? (hasCaughtUp ? null : NOT_CAUGHT_UP),
    ...counts,
    nodes: nodes.map((node) => ({
      address: node.address,
      role: node === primary ? 'primary' : node.view === null ? 'unknown' : 'replica',
      up: node.isUp,
    })),
    sentinels: sentinels.map(({ address, isUp }) => ({ address, up: isUp })),
  }
}
