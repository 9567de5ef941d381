import { type Call, okMs } from '../history/calls.ts'
import type { TokenFacts } from './facts.ts'
import { verificationsAfterRevocation } from './rules/undone-revocation.ts'

/** How much happened: what a run's verdict rests on. */
export interface RunCounts {
  /** Acknowledged logins. */
  issues: number
  /** Acknowledged revocations, of any kind. */
  revocations: number
  /** Verifications that were answered. */
  verifications: number
  verificationsAfterRevocation: number
  /** Faults that were seen to take effect. */
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
