import { type Call, okMs } from '../history/calls.ts'
import { verificationsAfterRevocation } from './rules/undone-revocation.ts'
import type { TokenHistory } from './token-history.ts'

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
  histories: ReadonlyMap<string, TokenHistory>,
  confirmedFaults: number,
): RunCounts {
  const acknowledged = (...names: string[]) =>
    calls.filter((call) => names.includes(call.invoke.operation) && okMs(call) !== null).length
  let afterRevocation = 0
  for (const history of histories.values()) afterRevocation += verificationsAfterRevocation(history)
  return {
    issues: acknowledged('issue', 'rotate'),
    revocations: acknowledged('revoke', 'rotate', 'revoke-subject'),
    verifications: acknowledged('verify'),
    verificationsAfterRevocation: afterRevocation,
    confirmedFaults,
  }
}
