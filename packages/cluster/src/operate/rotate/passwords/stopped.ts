import { ClusterError } from '../../../errors.ts'
import type { RotationJournal } from './journal.ts'

/**
 * What a rotation was doing when it ended, as an error that says where it stands and how to go on or back. `again` is what
 * names the same data centre once more. Pure.
 */
export function stopped(
  error: unknown,
  signal: AbortSignal | undefined,
  { journal, doing, again }: { journal: RotationJournal | null; doing: string; again: string },
): ClusterError {
  const reason = error instanceof Error ? error.message : String(error)
  if (journal === null) {
    if (signal?.aborted)
      return new ClusterError('ROTATION_ABORTED', 'Broken off before anything was changed.', { cause: error })
    if (error instanceof ClusterError) return error
    return new ClusterError('NOT_SAFE', `${reason} Nothing was changed. See \`holdfast status\`.`, {
      cause: error,
    })
  }
  const where = signal?.aborted ? `It was broken off at: ${doing}` : `It stopped at: ${doing} ${reason}`
  const command = `holdfast rotate passwords${again}`
  const goOn = `Go on by \`${command}\`, or go back by \`${command} --undo\`.`
  const text = `${where} ${standingOf(journal)} ${goOn}`
  return new ClusterError(signal?.aborted ? 'ROTATION_ABORTED' : 'ROTATION_STOPPED', text, { cause: error })
}

function standingOf({ phase, undoing }: RotationJournal): string {
  if (phase !== 'remove')
    return 'Old and new passwords are both valid wherever they are used: nobody is refused.'
  const [wanted, unwanted] = undoing ? ['old', 'new'] : ['new', 'old']
  return `Everything uses the ${wanted} passwords; some processes still take the ${unwanted} ones, too.`
}
