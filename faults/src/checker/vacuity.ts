import type { RunCounts } from './counts.ts'

/** A run with fewer than these proves nothing. */
export const MIN_COUNTS: Readonly<RunCounts> = {
  issues: 30,
  revocations: 15,
  verifications: 200,
  verificationsAfterRevocation: 30,
  confirmedFaults: 1,
}

/** Rule 12: the reasons why a run proves nothing, one sentence each. Empty when the run proves something. */
export function findVacuity(counts: RunCounts, min: Readonly<RunCounts> = MIN_COUNTS): string[] {
  return (Object.keys(min) as (keyof RunCounts)[]).flatMap((name) =>
    counts[name] < min[name] ? [`Too few ${name}: ${counts[name]}, at min ${min[name]} are needed.`] : [],
  )
}
