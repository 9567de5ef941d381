import type { Deadline } from '../../deadline.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import { parseReplication } from '../../redis/replication.ts'
import type { StoreObserver } from '../api/observer.ts'

/** No client subscribes to this channel, but the message travels to the replicas. */
const FENCE = ['PUBLISH', 'hf:fence', '']
const QUESTION_MS = 1000
/** How much longer than the timeout of WAIT its answer may take. */
const ANSWER_MS = 200

/** The pause between two attempts. */
const AGAIN_MS = 50

export interface HandOverOptions {
  /**
   * The number of acknowledged writes that perhaps only this process remembers: its own, and those that it
   * received.
   */
  missing: () => { own: number; heard: number }
  /** Called when every planned replica has what the primary of a term had at this time. */
  onConfirmed: (term: number, sentAtMs: number) => void
  observer: StoreObserver
}

/**
 * Runs before a store is closed. Waits until every planned replica has everything that this process remembers. If a
 * replica has not confirmed by the deadline, reports it: then only the other processes that received those writes
 * protect them.
 * INV-TOKENS-23.
 */
export async function handOver(
  group: ReplicaGroup,
  deadline: Deadline,
  { missing, onConfirmed, observer }: HandOverOptions,
): Promise<void> {
  const isMissing = () => missing().own + missing().heard > 0
  while (isMissing() && !deadline.isOver) {
    const confirmed = await waitForAllReplicas(group, deadline).catch(() => null)
    if (confirmed !== null) onConfirmed(confirmed.term, confirmed.sentAtMs)
    if (isMissing()) await deadline.pause(AGAIN_MS)
  }
  if (isMissing()) observer.event?.({ type: 'closed-unconfirmed', ...missing() })
}

/**
 * Waits until every planned replica has everything that the primary has now. Includes a replica that lags too much
 * for a batch to wait for it. Returns null if that did not happen in time. Throws if the primary does not answer.
 */
async function waitForAllReplicas(group: ReplicaGroup, deadline: Deadline) {
  const primary = await group.waitForPrimary(deadline)
  const { term } = group
  const replid = primary.view?.replid
  const connection = await primary.openConnection()
  try {
    const sentAtMs = performance.now()
    const waitMs = Math.max(1, Math.floor(deadline.remainingMs))
    const [info, , confirmed] = await Promise.all([
      connection.send(['INFO', 'replication'], QUESTION_MS),
      connection.send(FENCE, QUESTION_MS),
      connection.send(['WAIT', String(group.plannedReplicas), String(waitMs)], waitMs + ANSWER_MS),
    ])
    const isSame = group.term === term && parseReplication(String(info)).replid === replid
    return isSame && Number(confirmed) >= group.plannedReplicas ? { term, sentAtMs } : null
  } finally {
    connection.close()
  }
}
