import { ClusterError } from '../../errors.ts'

/** A backup whose contents are not as they were written. `what` says it in a few words. */
export const damaged = (what: string) =>
  refused(`The backup is damaged or incomplete: ${what}. Use another copy; nothing was changed.`)

/** `because` ends the sentence. */
export const noBackup = (because: string) =>
  refused(`The file is no backup of Holdfast: ${because}. Nothing was changed.`)

export const refused = (message: string) => new ClusterError('BACKUP_REFUSED', message)
