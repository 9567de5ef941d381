import { type Call, okMs } from '../history/calls.ts'
import type { TokenFacts } from './facts.ts'
import { verificationsAfterRevocation } from './rules/undone-revocation.ts'

/** The amounts of work on which the verdict of a run is based. */
export interface RunCounts {
  /** Acknowledged logins. */
  issues: number
  /** Acknowledged revocations of any kind. */
  revocations: number
  /** Verifications that a server answered. */
  verifications: number
  verificationsAfterRevocation: number
  /** Faults whose effect was observed. */
  confirmedFaults: number
}

export function countRun(
  calls: readonly Call[],
  facts: ReadonlyMap<string, TokenFacts>,
  confirmedFaults: number,
): RunCounts {
  const acknowledged = (...names: string[]) =>
    calls.filter((call) => names.includes(call.invoke.operation) && okMs(call) !== null).length
  let afterRevocation = 0
  for (const fact of facts.values()) afterRevocation += verificationsAfterRevocation(fact)
  return {
    issues: acknowledged('issue', 'rotate'),
    revocations: acknowledged('revoke', 'rotate', 'revoke-subject'),
    verifications: acknowledged('verify'),
    verificationsAfterRevocation: afterRevocation,
    confirmedFaults,
  }
}
