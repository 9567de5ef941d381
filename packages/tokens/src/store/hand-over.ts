import type { Deadline } from '../deadline.ts'
import type { ReplicaGroup } from '../redis/group.ts'
import { parseReplication } from '../redis/replication.ts'
import type { StoreObserver } from './observer.ts'

/** Nobody listens there; the message travels to the replicas. */
const FENCE = ['PUBLISH', 'hf:fence', '']
const QUESTION_MS = 1000
/** How much longer than WAIT itself its answer may take. */
const ANSWER_MS = 200

/** Between two tries. */
const AGAIN_MS = 50

export interface HandOverOptions {
  /** How many acknowledged writes only this process may remember: own writes, and writes that it heard. */
  missing: () => { own: number; heard: number }
  /** Every planned replica has what the primary of a term had at this time. */
  onConfirmed: (term: number, sentAtMs: number) => void
  observer: StoreObserver
}

/**
 * Before a store is closed: waits until every planned replica has what this process remembers. Reports it when a
 * replica does not by the deadline: what the other processes heard is then all that protects those writes.
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
 * Waits until every planned replica has all that the primary has now, also one that lags by more than a batch waits for.
 * Answers null when that did not happen in time. Throws when the primary does not answer.
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
