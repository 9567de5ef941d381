import type { RunCounts } from './counts.ts'
import type { KeyCounts } from './keys/check-keys.ts'

/** A run with fewer than these proves nothing. */
export const MIN_COUNTS: Readonly<RunCounts> = {
  issues: 30,
  revocations: 15,
  verifications: 200,
  verificationsAfterRevocation: 30,
  confirmedFaults: 1,
}

/** The same for plain Redis clients. */
export const MIN_KEY_COUNTS: Readonly<Pick<KeyCounts, 'writes' | 'reads'> & { confirmedFaults: number }> = {
  writes: 200,
  reads: 300,
  confirmedFaults: 1,
}

/** Rule 12: the reasons why a run proves nothing, one sentence each. Empty when the run proves something. */
export function findVacuity<Name extends string>(
  counts: Readonly<Record<Name, number>>,
  min: Readonly<Record<Name, number>>,
): string[] {
  return (Object.keys(min) as Name[]).flatMap((name) =>
    counts[name] < min[name] ? [`Too few ${name}: ${counts[name]}, at min ${min[name]} are needed.`] : [],
  )
}
