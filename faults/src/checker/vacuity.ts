import type { RunCounts } from './counts.ts'

/** A run with fewer than these proves nothing. */
export const LEAST_COUNTS: Readonly<RunCounts> = {
  issues: 30,
  revocations: 15,
  verifications: 200,
  verificationsAfterRevocation: 30,
  confirmedFaults: 1,
}

/** Rule 12: the reasons why a run proves nothing, one sentence each. Empty when the run proves something. */
export function findVacuity(counts: RunCounts, least: Readonly<RunCounts> = LEAST_COUNTS): string[] {
  return (Object.keys(least) as (keyof RunCounts)[]).flatMap((name) =>
    counts[name] < least[name]
      ? [`Too few ${name}: ${counts[name]}, at least ${least[name]} are needed.`]
      : [],
  )
}
