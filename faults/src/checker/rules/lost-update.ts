import { invokedMs } from '../../history/calls.ts'
import type { TokenFacts } from '../facts.ts'
import type { CheckerOptions } from '../options.ts'
import type { Violation } from '../violation.ts'

/**
 * An acknowledged update is not lost. Claims that a client requests later than L after the update count it, also in
 * a session that was rotated from the updated session. Each update counts as one. An update whose outcome a failover
 * hid may count twice.
 */
export function findLostUpdate(
  facts: TokenFacts,
  all: ReadonlyMap<string, TokenFacts>,
  { leaseMs }: CheckerOptions,
): Violation[] {
  const carried = updatesBeforeRotation(facts, all, leaseMs)
  if (facts.updates.length + carried === 0) return []
  return facts.observations.flatMap((seen): Violation[] => {
    const counted = seen.changes
    if (seen.says !== 'active' || counted === null) return []
    // The answer of an update contains that update.
    const own = facts.updates.filter(
      ({ call, okMs }) => call === seen.call || okMs + leaseMs < seen.invokedMs,
    )
    const least = carried + own.length
    if (counted >= least) return []
    const last = own.at(-1)?.call ?? facts.issue
    return [
      {
        rule: 'lost-update',
        token: facts.token,
        message: `The claims count ${counted} updates, but ${least} were acknowledged before.`,
        calls: last === null ? [seen.call] : [last, seen.call],
      },
    ]
  })
}

/** The number of updates of earlier sessions that a rotated session must include. */
function updatesBeforeRotation(
  { issue, rotatedFrom }: TokenFacts,
  all: ReadonlyMap<string, TokenFacts>,
  leaseMs: number,
): number {
  const parent = rotatedFrom === null ? undefined : all.get(rotatedFrom)
  if (parent === undefined || issue === null) return 0
  const own = parent.updates.filter(({ okMs }) => okMs + leaseMs < invokedMs(issue)).length
  return own + updatesBeforeRotation(parent, all, leaseMs)
}
