import { randomBytes } from 'node:crypto'
import { ClusterError } from '../../errors.ts'
import type { OperationFiles } from '../../state/open.ts'
import { readIfThere } from '../../state/private-file.ts'
import type { HostDelivery } from './host-delivery.ts'

/** What every rotation takes. */
export interface RotationHooks<Step extends string> {
  /** Told at the beginning of each step. */
  onProgress?: (progress: RotationProgress<Step>) => void
  /** Breaks it off before the next step; run again, it goes on. */
  signal?: AbortSignal
}

export interface RotationProgress<Step extends string> {
  step: Step
  /** What happens now, for a terminal. */
  text: string
}

/** Another text at each call, and later ones behind earlier ones: `r-20261125-171005-3f9a`. */
export function newRevision(now = new Date()): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return `r-${time}-${randomBytes(2).toString('hex')}`
}

/** What people are to do on one host, in a sentence. */
export const yoursToDo = ({ host, files, steps }: HostDelivery): string =>
  `Yours to do on ${host}: put ${files.map(({ to }) => to).join(', ')} there${steps.map(({ command }) => `; ${command}`).join('')}.`

/** Throws `NOT_SAFE` while a rotation of passwords has begun and not ended. */
export async function refuseBesidePasswords({ rotationFile }: OperationFiles): Promise<void> {
  if (rotationFile === null || (await readIfThere(rotationFile)) === null) return
  throw new ClusterError(
    'NOT_SAFE',
    'A rotation of passwords has begun and not ended. Finish it by `holdfast rotate passwords`, then run this again.',
  )
}

/** Why a rotation that has begun goes no further. `goOn` is the command that goes on with it. */
export function stopped(error: unknown, signal: AbortSignal | undefined, goOn: string): ClusterError {
  if (error instanceof ClusterError && error.code === 'NOT_SAFE') return error
  const next = `Nobody was logged out, and old and new secrets are both good. Go on with \`${goOn}\`.`
  if (signal?.aborted) {
    return new ClusterError('ROTATION_ABORTED', `The rotation was broken off. ${next}`, { cause: error })
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new ClusterError('ROTATION_STOPPED', `${reason} ${next}`, { cause: error })
}
