import { invokedMs } from '../../history/calls.ts'
import type { CheckerOptions, Violation } from '../rule.ts'
import type { TokenHistory } from '../token-history.ts'

/**
 * An acknowledged update is not lost. Claims that a client requests later than L after the update count it, also in
 * a session that was rotated from the updated session. Each update counts as one. An update whose outcome a failover
 * hid may count twice.
 */
export function findLostUpdate(
  history: TokenHistory,
  all: ReadonlyMap<string, TokenHistory>,
  { leaseMs }: CheckerOptions,
): Violation[] {
  const carried = updatesBeforeRotation(history, all, leaseMs)
  if (history.updates.length + carried === 0) return []
  return history.observations.flatMap((seen): Violation[] => {
    const counted = seen.changes
    if (seen.state !== 'active' || counted === null) return []
    // The answer of an update contains that update.
    const own = history.updates.filter(
      ({ call, okMs }) => call === seen.call || okMs + leaseMs < seen.invokedMs,
    )
    const expected = carried + own.length
    if (counted >= expected) return []
    const last = own.at(-1)?.call ?? history.issue
    return [
      {
        rule: 'lost-update',
        token: history.token,
        message: `The claims count ${counted} updates, but ${expected} were acknowledged before.`,
        calls: last === null ? [seen.call] : [last, seen.call],
      },
    ]
  })
}

/** The number of updates of earlier sessions that a rotated session must include. */
function updatesBeforeRotation(
  { issue, rotatedFrom }: TokenHistory,
  all: ReadonlyMap<string, TokenHistory>,
  leaseMs: number,
): number {
  const parent = rotatedFrom === null ? undefined : all.get(rotatedFrom)
  if (parent === undefined || issue === null) return 0
  const own = parent.updates.filter(({ okMs }) => okMs + leaseMs < invokedMs(issue)).length
  return own + updatesBeforeRotation(parent, all, leaseMs)
}
