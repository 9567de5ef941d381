import { ClusterError } from '../errors.ts'

/** Throws `DOCTOR_ABORTED` when the signal has aborted. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new ClusterError('DOCTOR_ABORTED', 'The examination was broken off. What it had mended stays so.')
  }
}
