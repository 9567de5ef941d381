import { okMs } from '../history/calls.ts'
import type { CheckerOptions, Violation } from './rule.ts'
import type { TokenHistory } from './token-history.ts'

/** The state of one token on each node after all faults have ended, and the answer of the API. */
export interface FinalReading {
  token: string
  /** When the reading began (monotonic, in milliseconds). */
  atMs: number
  /**
   * One state per node, by host: `live` (with a text that distinguishes two live records), `revoked`, `absent`, or
   * the reason why the reading failed.
   */
  nodes: Record<string, string>
  api: 'active' | 'inactive' | 'unavailable'
  reason: string
  /** The number of updates that the claims count. Null when the API does not return the claims. */
  changes?: number | null
}

/** Rule 11: after recovery, all nodes and the API agree on every token, and their answers follow from the history. */
export function findFinalDisagreement(
  history: TokenHistory,
  reading: FinalReading,
  options: CheckerOptions,
): Violation[] {
  const calls = history.issue === null ? [] : [history.issue]
  const wrong = (message: string): Violation[] => [
    { rule: 'final-disagreement', token: history.token, message: `${message} ${describe(reading)}`, calls },
  ]
  const nodes = Object.values(reading.nodes)
  if (new Set(nodes).size > 1) return wrong('After recovery the nodes hold different records.')
  if (reading.api === 'unavailable') return wrong('After recovery the API answers unavailable.')
  const nodesLive = nodes.length > 0 && nodes.every((state) => state.startsWith('live'))
  const revokedAt = history.revocations.find((revocation) => revocation.okMs !== null)
  if (revokedAt !== undefined) {
    if (nodesLive) return wrong('Its revocation was acknowledged, but the nodes hold it as live.')
    return reading.api === 'active' ? wrong('Its revocation was acknowledged, but the API accepts it.') : []
  }
  const updates = history.updates.length
  if (reading.api === 'active' && typeof reading.changes === 'number' && reading.changes < updates) {
    return wrong(`${updates} of its updates were acknowledged, but its claims count only ${reading.changes}.`)
  }
  const surelyLive =
    history.issue !== null &&
    okMs(history.issue) !== null &&
    history.revocations.length === 0 &&
    earliestEnd(history) - options.clockErrorMs > reading.atMs + READING_MS
  if (!surelyLive) return []
  if (!nodesLive)
    return wrong('Its issue was acknowledged and no call ended it, but the nodes do not hold it.')
  return reading.api === 'inactive'
    ? wrong('Its issue was acknowledged and no call ended it, but the API refuses it.')
    : []
}

/** A token that ends this soon after a reading began may have ended during the reading. */
const READING_MS = 10_000

function earliestEnd({ renewals }: TokenHistory): number {
  return Math.max(
    ...renewals.map(({ okMs: atMs, invokedMs, idleMs }) =>
      atMs === null ? Number.NEGATIVE_INFINITY : invokedMs + idleMs,
    ),
  )
}

function describe({ nodes, api, reason }: FinalReading): string {
  const states = Object.entries(nodes).map(([host, state]) => `${host}: ${state}`)
  return `(${[...states, `API: ${api} ${reason}`.trim()].join('; ')})`
}
