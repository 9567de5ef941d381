/** Why a drill could not be made after others had been: it ends them with a report. Being broken off ends all without one. */
export function endsEarly(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false
  return !['DRILL_ABORTED', 'INVALID_OPTION'].includes(String(error.code))
}
