import { ClusterError } from '../../errors.ts'

/** A backup whose contents are not as they were written. `what` says it in a few words. */
export const damaged = (what: string, cause?: unknown) =>
  refused(`The backup is damaged or incomplete: ${what}. Use another copy; nothing was changed.`, cause)

/** `because` ends the sentence. */
export const noBackup = (because: string) =>
  refused(`The file is no backup of Holdfast: ${because}. Nothing was changed.`)

export const refused = (message: string, cause?: unknown) =>
  new ClusterError('BACKUP_REFUSED', message, { cause })
